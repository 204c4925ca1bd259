// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { ChatLog } from '../../src/meeting/chat/ChatLog';
import { CHAT_LIMITS, readPacket, writeChat } from '../../src/meeting/chat/payloads';

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const names: Record<string, string> = { anna: 'Anna', ben: 'Ben' };

let sent: object[];
let nowMs: number;
let chat: ChatLog;
let fails: boolean;

beforeEach(() => {
  sent = [];
  nowMs = 1000;
  fails = false;
  let next = 0;
  chat = new ChatLog({
    self: () => 'me',
    nameOf: (identity) => names[identity] ?? identity,
    send: (_topic, message) => (fails ? Promise.reject(new Error('no')) : Promise.resolve(void sent.push(message))),
    nowMs: () => nowMs,
    newId: () => `own${next++}`,
  });
});

const receive = (value: unknown, from = 'anna', topic = 'chat'): void =>
  chat.receive({ payload: bytes(value), topic, from });
const message = (id: string, text: string, more: object = {}): object => ({
  ...{
    type: 'chat',
    id,
    timestamp: 1,
    senderName: 'Somebody else',
    senderIdentity: 'ben',
    message: text,
    attachments: [],
  },
  ...more,
});

describe('the chat', () => {
  it('believes the server of who wrote, not the message', () => {
    receive(message('1', 'hello'));
    expect(chat.state.entries[0]).toMatchObject({ from: 'anna', name: 'Anna', message: 'hello', isOwn: false });
  });

  it('lets nobody write over, react for or vote for another', () => {
    receive(
      message('1', 'mine', {
        poll: {
          question: 'When?',
          options: [
            { id: 'a', text: 'A' },
            { id: 'b', text: 'B' },
          ],
        },
      }),
    );
    receive(message('1', 'altered'), 'ben');
    receive({ type: 'reaction', messageId: '1', emoji: '👍', voterIdentity: 'anna' }, 'ben');
    receive({ type: 'poll_vote', messageId: '1', optionId: 'b', voterIdentity: 'anna' }, 'ben');
    receive({ type: 'poll_vote', messageId: '1', optionId: 'nothing', voterIdentity: 'anna' }, 'anna');
    const [entry] = chat.state.entries;
    expect(chat.state.entries.length).toBe(1);
    expect(entry?.message).toBe('mine');
    expect([...(entry?.reactions ?? [])]).toEqual([['ben', '👍']]);
    expect([...(entry?.votes ?? [])]).toEqual([['ben', 'b']]);
  });

  it('takes a reaction away when it comes again', () => {
    receive(message('1', 'x'));
    for (let i = 0; i < 2; i++) receive({ type: 'reaction', messageId: '1', emoji: '🎉' }, 'ben');
    expect(chat.state.entries[0]?.reactions.size).toBe(0);
  });

  it('counts what was not read', async () => {
    receive(message('1', 'x'));
    await chat.write('mine');
    expect(chat.state.unread).toBe(1);
    chat.setOpen(true);
    receive(message('2', 'y'));
    expect(chat.state.unread).toBe(0);
  });

  it('says what could not be sent, and sends it again', async () => {
    fails = true;
    await chat.write('hello');
    expect(chat.state.entries[0]?.state).toBe('failed');
    fails = false;
    await chat.retry('own0');
    expect(chat.state.entries[0]?.state).toBe('sent');
    expect(sent).toMatchObject([{ type: 'chat', id: 'own0', message: 'hello', senderIdentity: 'me' }]);
  });

  it('puts long messages together, from one sender each', () => {
    const text = '語'.repeat(CHAT_LIMITS.message);
    const packets = writeChat(
      {
        id: 'long',
        timestamp: 5,
        message: text,
        attachments: [],
        poll: {
          question: '?'.repeat(400),
          options: Array.from({ length: 12 }, (_, i) => ({ id: `${i}`, text: 'ü'.repeat(500) })),
        },
      },
      { name: 'Anna', identity: 'anna' },
    );
    expect(packets.length).toBeGreaterThan(2);
    for (const packet of packets) expect(bytes(packet).length).toBeLessThan(65_000);
    for (const packet of packets.slice(0, -1)) receive(packet);
    receive(packets.at(-1), 'ben');
    expect(chat.state.entries.length).toBe(0);
    receive(packets.at(-1));
    expect(chat.state.entries[0]?.message).toBe(text);
    expect(chat.state.entries[0]?.poll?.options.length).toBe(12);
  });

  it('keeps only so much', () => {
    for (let i = 0; i < 500; i++) receive(message(`${i}`, 'x'));
    expect(chat.state.entries.length).toBe(400);
  });

  it('drops what is of no shape it knows', () => {
    const bad = [
      ...[null, 1, [], {}, { type: 'chat' }, message('', 'x'), message('1', 'x'.repeat(CHAT_LIMITS.message + 1))],
      ...[
        { type: 'chat_chunk_meta', id: '1', messageChunks: 1e9, attachmentChunks: 0, pollChunks: 0 },
        { type: 'other' },
      ],
      ...[{ type: 'chat_chunk', id: '1', kind: 'message', index: -1, part: '' }, message('2', '  ')],
    ];
    for (const value of bad) receive(value);
    receive(message('3', 'x'), 'anna', 'elsewhere');
    expect(chat.state.entries.length).toBe(0);
    expect(readPacket(new Uint8Array([0xff, 0x7b]))).toBeNull();
  });
});
