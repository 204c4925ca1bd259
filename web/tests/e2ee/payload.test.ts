// SPDX-License-Identifier: Apache-2.0
// Against LiveKit's own messages: what the guard writes is what their code reads.
import { DataPacket, EncryptedPacketPayload } from '@livekit/protocol';
import { describe, expect, it } from 'vitest';
import { findControl, readControl, writeControlPayload } from '../../src/e2ee/control';
import { packetOf, WorkerPacket } from '../../src/e2ee/payload';
import type { Bytes } from '../../src/e2ee/types';
import { Numbers } from './kit';

const VALUES = [
  { case: 'user', value: { payload: new Uint8Array([1, 2, 3]), topic: 'chat' } },
  { case: 'chatMessage', value: { id: 'x', timestamp: 5n, message: 'hello' } },
  { case: 'rpcRequest', value: { id: 'x', method: 'm', payload: 'p', responseTimeoutMs: 1000, version: 1 } },
  { case: 'rpcAck', value: { requestId: 'x' } },
  { case: 'rpcResponse', value: { requestId: 'x', value: { case: 'payload', value: 'p' } } },
  { case: 'streamHeader', value: { streamId: 's', timestamp: 7n, topic: 't', mimeType: 'text/plain' } },
  { case: 'streamChunk', value: { streamId: 's', chunkIndex: 300n, content: new Uint8Array(500) } },
  { case: 'streamTrailer', value: { streamId: 's', reason: '' } },
] as const;

const payloadOf = (value: (typeof VALUES)[number]): EncryptedPacketPayload =>
  new EncryptedPacketPayload({ value } as ConstructorParameters<typeof EncryptedPacketPayload>[0]);

describe('what was decrypted', () => {
  it.each(VALUES.map((value) => [value.case, value] as const))('is passed on as %s', (_name, value) => {
    const payload = payloadOf(value);
    const packet = DataPacket.fromBinary(packetOf(payload.toBinary(), 'anna', 'PA_1') as Bytes);
    expect(packet.value.case).toBe(value.case);
    expect((packet.value.value as { toBinary(): Uint8Array }).toBinary()).toEqual(
      (payload.value.value as { toBinary(): Uint8Array }).toBinary(),
    );
    expect([packet.participantIdentity, packet.participantSid]).toEqual(['anna', 'PA_1']);
  });

  it('is not passed on when it holds nothing known, or more than one thing', () => {
    const [one, two] = [payloadOf(VALUES[0]).toBinary(), payloadOf(VALUES[1]).toBinary()];
    expect(packetOf(new Uint8Array(0), 'anna', '')).toBe(null);
    expect(packetOf(new Uint8Array([...one, ...two]), 'anna', '')).toBe(null);
    expect(packetOf(writeControlPayload({ t: 'have', epoch: 1 }), 'anna', '')).toBe(null);
  });

  it('may be any bytes', () => {
    const numbers = new Numbers(3);
    for (let i = 0; i < 20_000; i++) {
      const bytes = i % 2 ? numbers.bytes(numbers.below(40)) : payloadOf(numbers.pick(VALUES)).toBinary();
      if (i % 2 === 0) bytes[numbers.below(bytes.length)] = numbers.below(256);
      const packet = packetOf(bytes.slice(0, numbers.below(bytes.length + 1)), 'anna', 'PA_1');
      if (!packet) continue;
      // Whatever it is, it comes from whom we say.
      try {
        const read = DataPacket.fromBinary(packet);
        expect([read.participantIdentity, read.participantSid]).toEqual(['anna', 'PA_1']);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }
  });
});

describe("a worker's packet", () => {
  it('is what the SDK sends for an encrypted one', () => {
    const packet = new WorkerPacket({
      ...{ payload: new Uint8Array(300).fill(1), iv: new Uint8Array(12).fill(2), keyIndex: 255 },
      to: ['ben', 'cleo'],
    });
    packet.sequence = 70_000;
    const read = DataPacket.fromBinary(packet.toBinary());
    expect(read.sequence).toBe(70_000);
    expect(read.destinationIdentities).toEqual(['ben', 'cleo']);
    expect(read.value.case).toBe('encryptedPacket');
    expect(read.value.value).toMatchObject({ encryptionType: 1, keyIndex: 255 });
    expect((read.value.value as { encryptedValue: Uint8Array }).encryptedValue.length).toBe(300);
  });
});

describe('a control message', () => {
  it('is passed over by clients that do not know it', () => {
    const payload = writeControlPayload({ t: 'begin', epoch: 5, at: 'A'.repeat(87) });
    expect(EncryptedPacketPayload.fromBinary(payload).value.case).toBe(undefined);
    expect(readControl(findControl(payload) as Uint8Array)).toMatchObject({ t: 'begin', epoch: 5 });
  });

  it.each([
    '',
    'null',
    '[]',
    '{"v":1}',
    '{"v":2,"t":"have","epoch":1}',
    '{"v":1,"t":"have"}',
    '{"v":1,"t":"have","epoch":-1}',
    '{"v":1,"t":"have","epoch":1.5}',
    '{"v":1,"t":"have","epoch":4294967296}',
    '{"v":1,"t":"toString","epoch":1}',
    '{"v":1,"t":"begin","epoch":1}',
    '{"v":1,"t":"begin","epoch":1,"at":""}',
    '{"v":1,"t":"begin","epoch":1,"at":"a b"}',
    '{"v":1,"t":"key","epoch":1,"at":"AA","sealed":5}',
  ])('that says %s is none', (text) => {
    expect(readControl(new TextEncoder().encode(text))).toBe(null);
  });

  it('may be any bytes', () => {
    const numbers = new Numbers(4);
    for (let i = 0; i < 5000; i++) {
      const bytes = numbers.bytes(numbers.below(60));
      readControl(bytes);
      findControl(bytes);
    }
  });
});
