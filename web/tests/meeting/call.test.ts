// SPDX-License-Identifier: Apache-2.0
// @vitest-environment happy-dom
// What is made of what the server and other people say.
import { DisconnectReason } from 'livekit-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Stopped } from '../../src/e2ee/meeting';
import { endingOf, endingOfNotice } from '../../src/meeting/call/ending';
import { troubleOf } from '../../src/meeting/call/Media';
import { readNotice } from '../../src/meeting/call/notices';
import { readPersonMetadata, roleOf } from '../../src/meeting/call/people';
import { type SignalIo, Signals } from '../../src/meeting/call/Signals';
import { isTaken, shortcutOf } from '../../src/meeting/shortcuts';

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('notices of the server', () => {
  const notice = (fields: object) => readNotice(bytes({ type: 'system', ...fields }));

  it('are read, or are nothing', () => {
    expect(notice({ event: 'kick', target: 'me', actor: 7 })).toMatchObject({ event: 'kick', target: 'me', actor: '' });
    expect(readNotice(bytes({ type: 'chat', event: 'kick' }))).toBeNull();
    expect(readNotice(bytes(null))).toBeNull();
    expect(readNotice(new Uint8Array([1, 2, 3]))).toBeNull();
    expect(readNotice(bytes({ type: 'system', event: 'x'.repeat(5000) }))).toBeNull();
  });

  it('tell why a meeting ends, to whom it concerns', () => {
    const ends = (fields: object) => endingOfNotice(notice(fields) as never, 'me');
    expect(ends({ event: 'kick', target: 'me' })).toEqual({ kind: 'kicked' });
    expect(ends({ event: 'ban', target: 'me' })).toEqual({ kind: 'banned' });
    expect(ends({ event: 'ban', target: 'other' })).toBeNull();
    expect(ends({ event: 'room_ended', reason: 'e2ee_disabled' })).toEqual({ kind: 'encryption-off' });
    expect(ends({ event: 'room_ended' })).toEqual({ kind: 'ended' });
    const became = ends({ event: 'room_ended', reason: 'e2ee_enabled' });
    expect(became?.kind === 'stopped' && (became.error as Stopped).why).toBe('key-missing');
  });

  it('say more than the reason of a disconnection, but for leaving', () => {
    expect(endingOf(DisconnectReason.PARTICIPANT_REMOVED, { kind: 'banned' })).toEqual({ kind: 'banned' });
    expect(endingOf(DisconnectReason.PARTICIPANT_REMOVED, null)).toEqual({ kind: 'kicked' });
    expect(endingOf(DisconnectReason.CLIENT_INITIATED, { kind: 'banned' })).toEqual({ kind: 'left' });
    expect(endingOf(DisconnectReason.DUPLICATE_IDENTITY, null)).toEqual({ kind: 'elsewhere' });
    expect(endingOf(DisconnectReason.ROOM_DELETED, null)).toEqual({ kind: 'ended' });
    expect(endingOf(undefined, null)).toEqual({ kind: 'lost' });
  });
});

describe('people', () => {
  it('have the role that the server gave', () => {
    expect(roleOf('a', [], ['a'])).toBe('host');
    expect(roleOf('a', ['user', 'moderator'], ['b'])).toBe('moderator');
    expect(roleOf('a', ['guest'], ['b'])).toBe('guest');
    expect(roleOf('a', ['user'], ['b'])).toBe('member');
  });

  it('have pictures of this server only', () => {
    expect(readPersonMetadata('{"avatarUrl":"/uploads/a.png"}').avatarUrl).toBe('/uploads/a.png');
    for (const url of ['https://evil.example/a.png', '//evil.example/a', '/uploads/../x?y', 'data:image/png,', 7]) {
      expect(readPersonMetadata(JSON.stringify({ avatarUrl: url })).avatarUrl).toBeUndefined();
    }
    expect(readPersonMetadata('no json')).toEqual({ accesses: [], chatBlocked: false });
    expect(readPersonMetadata('{"accesses":[1,"guest"],"chatBlocked":"yes"}')).toEqual({
      accesses: ['guest'],
      chatBlocked: false,
    });
  });
});

describe('signals', () => {
  const send = vi.fn<SignalIo['send']>(() => Promise.resolve());
  let signals: Signals;

  beforeEach(() => {
    vi.useFakeTimers();
    send.mockClear();
    signals = new Signals({ self: () => 'me', send });
  });
  afterEach(() => void vi.useRealTimers());

  const receive = (value: unknown, from = 'anna', topic = 'presence'): void =>
    signals.receive({ payload: bytes(value), topic, from });

  it('raises hands in their order, each its own', async () => {
    receive({ type: 'hand_state', raised: true, identity: 'ben' });
    await signals.toggleHand();
    receive({ type: 'hand_state', raised: true });
    expect(signals.state.hands).toEqual(['anna', 'me']);
    receive({ type: 'hand_state', raised: false });
    expect(signals.state.hands).toEqual(['me']);
  });

  it('tells who comes later what holds, and forgets who left', async () => {
    await signals.raiseHand(true);
    await signals.tellDeaf(true);
    send.mockClear();
    await signals.onJoined('carl');
    expect(send.mock.calls.map(([, message, to]) => [(message as { type: string }).type, to])).toEqual([
      ['hand_state', ['carl']],
      ['deafen_state', ['carl']],
    ]);
    receive({ type: 'deafen_state', deafened: true });
    signals.onLeft('anna');
    expect([...signals.state.deaf]).toEqual(['me']);
  });

  it('shows reactions for a while, and only those it knows', () => {
    receive({ type: 'emote', emoji: '🎉' });
    receive({ type: 'emote', emoji: '<b>' });
    receive({ type: 'emote', emoji: '🎉' }, 'ben', 'chat');
    expect(signals.state.emotes.map(({ identity }) => identity)).toEqual(['anna']);
    vi.advanceTimersByTime(5000);
    expect(signals.state.emotes).toEqual([]);
  });

  it('bears whatever comes', () => {
    for (const value of [null, [], 'x', { type: 'hand_state' }, { type: 7 }, { type: 'emote', emoji: {} }])
      receive(value);
    signals.receive({ payload: new Uint8Array(4000), topic: 'presence', from: 'anna' });
    expect(signals.state).toMatchObject({ hands: [], emotes: [] });
  });
});

describe('keys', () => {
  const key = (name: string, more: object = {}) =>
    shortcutOf({ key: name, ctrlKey: false, metaKey: false, altKey: false, ...more });

  it('do what is printed on them, alone', () => {
    expect(key('m')).toBe('microphone');
    expect(key('M')).toBe('microphone');
    expect(key(' ')).toBe('talk');
    expect(key('?')).toBe('help');
    expect(key('PageDown')).toBe('next');
    expect(key('3')).toBe('pin3');
    expect(key('x')).toBeNull();
    expect(key('c', { ctrlKey: true })).toBeNull();
    expect(key('m', { metaKey: true })).toBeNull();
  });

  it('belong to whoever types, and Space to a button', () => {
    document.body.innerHTML = '<textarea id="a"></textarea><button id="b"><i id="c"></i></button><p id="d"></p>';
    const at = (id: string): HTMLElement | null => document.getElementById(id);
    expect(isTaken(at('a'), 'm')).toBe(true);
    expect(isTaken(at('c'), ' ')).toBe(true);
    expect(isTaken(at('b'), 'm')).toBe(false);
    expect(isTaken(at('d'), ' ')).toBe(false);
  });
});

describe('devices', () => {
  it('fail for a reason', () => {
    const error = (name: string): Error => Object.assign(new Error(), { name });
    expect(troubleOf(error('NotAllowedError'))).toBe('denied');
    expect(troubleOf(error('NotFoundError'))).toBe('missing');
    expect(troubleOf(error('NotReadableError'))).toBe('in-use');
    expect(troubleOf('?')).toBe('failed');
  });
});
