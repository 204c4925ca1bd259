// SPDX-License-Identifier: Apache-2.0
// Whatever is posted to the worker: it never throws, and nothing that it lets through is what came in.
import { describe, expect, it } from 'vitest';
import { LIMITS, readToWorker } from '../../src/e2ee/messages';
import { Numbers } from './kit';
import { bytesOf, Frame, Member, settle, TestPipe } from './party';

const to = { identity: 'anna', track: 'TR_1', media: 'video', codec: 'vp8' };
const streams = () => ({ readable: new ReadableStream(), writable: new WritableStream() });

/** Somebody else has them already. */
function lockedStreams(): ReturnType<typeof streams> {
  const locked = streams();
  locked.readable.getReader();
  return locked;
}

/** One good message of each kind. */
const GOOD = (): Record<string, unknown>[] => [
  { kind: 'fragment', id: 1, text: bytesOf('key=x'), others: ['token'] },
  { kind: 'enter', id: 1, room: 'room', tab: 'tab' },
  { kind: 'make', id: 1, bits: 256 },
  { kind: 'paste', id: 1, text: bytesOf('x') },
  { kind: 'link', id: 1, page: 'https://x/m/room' },
  { kind: 'qr', id: 1, page: 'http://127.0.0.1:8090/test' },
  { kind: 'remember', id: 1, on: true },
  { kind: 'remembered', id: 1 },
  { kind: 'forget', id: 1, room: 'room' },
  { kind: 'recall', id: 1 },
  { kind: 'leave', id: 1 },
  { kind: 'bind', id: 1, pipe: 0, to },
  { kind: 'seal', id: 1, payload: new ArrayBuffer(3), ordered: true },
  { kind: 'open', id: 1, payload: new ArrayBuffer(30), iv: new ArrayBuffer(12), keyIndex: 0, identity: 'ben' },
  { kind: 'rotate', id: 1, people: ['ben'] },
  { kind: 'file-make', id: 1, size: 10 },
  { kind: 'file-take', id: 1, ticket: 'AQ' },
  { kind: 'file-seal', id: 1, file: 0, index: 0, slice: new ArrayBuffer(10) },
  { kind: 'file-open', id: 1, file: 0, index: 0, slice: new ArrayBuffer(10) },
  { kind: 'file-close', id: 1, file: 0 },
  { kind: 'pipe', pipe: 0, side: 'seal', ...streams() },
  { kind: 'unbind', pipe: 0 },
  { kind: 'self', identity: 'anna' },
  { kind: 'payload-types', types: [[96, 'vp8']] },
  { kind: 'people', people: [{ identity: 'anna', host: true }] },
  { kind: 'offline' },
  { kind: 'ping', beat: 1 },
];

/** Values that are wrong in some field, or right in another. */
const values = (numbers: Numbers): unknown =>
  numbers.pick<() => unknown>([
    () => undefined,
    () => null,
    () => numbers.next(),
    () => -numbers.next(),
    () => numbers.next() / 7,
    () => NaN,
    () => '',
    () => 'x'.repeat(numbers.below(600)),
    () => '__proto__',
    () => true,
    () => [],
    () => ({}),
    () => [[1, 2]],
    () => new ArrayBuffer(numbers.below(100)),
    () => new Uint8Array(4),
    () => Symbol.iterator.toString(),
    () => new Map([[1, 2]]),
    () => numbers.pick(GOOD()),
    () => to,
  ])();

describe('a message', () => {
  it('of each kind is taken', () => {
    for (const message of GOOD()) expect([message.kind, readToWorker(message)]).toEqual([message.kind, message]);
  });

  it('without one of its fields, or with another value there, is not taken for what it is not', () => {
    const numbers = new Numbers(1);
    for (const message of GOOD()) {
      for (const field of Object.keys(message)) {
        const { [field]: _gone, ...rest } = message;
        expect([message.kind, field, readToWorker(rest)]).toEqual([message.kind, field, null]);
        for (const bad of [Symbol('x'), -1, { no: 1 }, NaN]) {
          expect(readToWorker({ ...message, [field]: bad })).toBe(null);
        }
      }
    }
    for (let i = 0; i < 1000; i++) readToWorker(values(numbers));
  });

  it('that is larger than it may be is not taken', () => {
    const large: Record<string, unknown>[] = [
      { kind: 'fragment', id: 1, text: new ArrayBuffer(LIMITS.fragment + 1), others: [] },
      { kind: 'seal', id: 1, payload: new ArrayBuffer(LIMITS.packet + 1), ordered: false },
      { kind: 'enter', id: 1, room: 'r'.repeat(LIMITS.name + 1), tab: 't' },
      { kind: 'unbind', pipe: LIMITS.pipes },
      { kind: 'people', people: new Array(LIMITS.people + 1).fill({ identity: 'a', host: false }) },
    ];
    for (const message of large) expect([message.kind, readToWorker(message)]).toEqual([message.kind, null]);
  });

  it('cannot name an address with a fragment or query to build a link on', () => {
    for (const page of ['https://x/#', 'https://x/?a', 'javascript:1', 'https://x/ y', '/m/room']) {
      expect(readToWorker({ kind: 'link', id: 1, page })).toBe(null);
    }
  });
});

/** A frame that would be known again, however it was changed on the way. */
function clear(numbers: Numbers): Frame {
  return new Frame(numbers.bytes(80), numbers.pick(['key', 'delta'] as const));
}

const holds = (bytes: Uint8Array, part: Uint8Array): boolean => Buffer.from(bytes).includes(Buffer.from(part));

/** Gives the number of frames that were encrypted. */
async function fuzz(seed: number, isKeyAllowed: boolean): Promise<number> {
  const numbers = new Numbers(seed);
  const member = new Member('anna', () => numbers.below(1e6));
  const out = new TestPipe(60_000);
  const back = new TestPipe(60_001);
  for (const [side, { number, readable, writable }] of [['seal', out], ['open', back]] as const) {
    member.keeper.handle({ kind: 'pipe', pipe: number, side, readable, writable });
  }
  const pushed: Frame[] = [];
  for (let i = 0; i < 400; i++) {
    const message = numbers.pick(GOOD());
    if (!isKeyAllowed && message.kind === 'make') continue;
    if (numbers.below(3) > 0) {
      const field = numbers.pick(Object.keys(message));
      message[field] = field === 'pipe' ? 60_000 + numbers.below(2) : values(numbers);
    }
    if (message.kind === 'pipe' && numbers.below(2) === 0) Object.assign(message, lockedStreams());
    if (message.kind === 'bind') message.pipe = 60_000 + numbers.below(2);
    expect(() => member.keeper.handle(message)).not.toThrow();
    if (i % 40 === 0) await settle();
    for (const pipe of [out, back]) {
      const frame = clear(numbers);
      pushed.push(frame.copy());
      pipe.push(frame);
    }
  }
  await settle();
  for (const frame of out.out) {
    for (const { bytes } of pushed) expect(holds(frame.bytes, bytes.subarray(12, 40))).toBe(false);
  }
  if (!isKeyAllowed) expect(out.out).toEqual([]);
  expect(back.out).toEqual([]);
  return out.out.length;
}

describe('after any messages at all', () => {
  it('nothing goes out without a key, and nothing comes in', async () => {
    for (let seed = 0; seed < 5; seed++) await fuzz(seed, false);
  });

  it('nothing goes out in clear, and nothing comes in that nobody encrypted', async () => {
    let encrypted = 0;
    for (let seed = 100; seed < 105; seed++) encrypted += await fuzz(seed, true);
    expect(encrypted).toBeGreaterThan(20);
  });
});
