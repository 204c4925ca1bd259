// SPDX-License-Identifier: Apache-2.0
// No IV comes twice under a key: 10,000,000 frames of people who reconnect and send three layers. The table that looks for
// repeats holds all 96 bits of each IV, and is shown to find one that was put there.
import { describe, expect, it } from 'vitest';
import { COUNTER_BITS, IvSource, readIv } from '../../src/e2ee/iv';
import { FrameSealer } from '../../src/e2ee/pipeline';
import { KeyRing } from '../../src/e2ee/ring';
import type { Bytes } from '../../src/e2ee/types';
import { frameKey, hex, Numbers } from './kit';

const FRAMES = 10_000_000;

/** A set of IVs: open addressing over three words each. An IV of ours never has a first word of 0. */
class Table {
  readonly #words: Uint32Array;
  readonly #mask: number;

  constructor(bits: number) {
    this.#words = new Uint32Array(3 << bits);
    this.#mask = (1 << bits) - 1;
  }

  /** False when it was there. */
  add(iv: Uint8Array): boolean {
    const a = word(iv, 0);
    const b = word(iv, 4);
    const c = word(iv, 8);
    let at = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35);
    for (at = (at ^ (at >>> 15)) & this.#mask; ; at = (at + 1) & this.#mask) {
      const i = 3 * at;
      if (this.#words[i] === 0) {
        this.#words[i] = a;
        this.#words[i + 1] = b;
        this.#words[i + 2] = c;
        return true;
      }
      if (this.#words[i] === a && this.#words[i + 1] === b && this.#words[i + 2] === c) return false;
    }
  }
}

function word(iv: Uint8Array, at: number): number {
  return (((iv[at] as number) << 24) | ((iv[at + 1] as number) << 16) | ((iv[at + 2] as number) << 8) | (iv[at + 3] as number)) >>> 0;
}

/** Two zero bytes and then one up to 3, with the worst that can stand around the IV. */
function wouldBeEscaped(iv: Uint8Array): boolean {
  for (let i = 0; i < 13; i++) {
    const byte = (at: number) => (at < 0 ? 0 : at < 12 ? (iv[at] as number) : 12);
    if (byte(i - 2) === 0 && byte(i - 1) === 0 && byte(i) <= 3) return true;
  }
  return false;
}

/** Frames of 40 people: each has a session for media, which starts anew when they reconnect, and sends three layers. */
function play(frames: number, table: Table, random: (session: number) => Bytes | undefined): { repeats: number; escaped: number; sessions: number } {
  const people = Array.from({ length: 40 }, (_, mark) => ({ mark: mark * 811, ivs: new IvSource(random(mark)) }));
  const iv = new Uint8Array(12);
  let sessions = people.length;
  let repeats = 0;
  let escaped = 0;
  for (let i = 0; i < frames; ) {
    for (const person of people) {
      if (i % 5000 === 0) person.ivs = new IvSource(random(sessions++));
      for (let layer = 0; layer < 3 && i < frames; layer++, i++) {
        person.ivs.next(person.mark, iv);
        if (!table.add(iv)) repeats++;
        if (wouldBeEscaped(iv)) escaped++;
      }
    }
  }
  return { repeats, escaped, sessions };
}

describe('IVs', () => {
  it('do not repeat in 10,000,000 frames with reconnects and three layers', () => {
    const { repeats, escaped, sessions } = play(FRAMES, new Table(24), () => undefined);
    expect([repeats, escaped]).toEqual([0, 0]);
    expect(sessions).toBeGreaterThan(700);
  });

  it('that repeat are found: one by hand among 1,000,000', () => {
    const table = new Table(21);
    const ivs = new IvSource();
    const iv = new Uint8Array(12);
    let kept: Bytes | null = null;
    let repeats = 0;
    for (let i = 0; i < 1_000_000; i++) {
      ivs.next(1, iv);
      if (!table.add(iv)) repeats++;
      if (i === 123_456) kept = iv.slice();
    }
    expect(repeats).toBe(0);
    expect(table.add(kept as Bytes)).toBe(false);
  });

  it('that repeat are found: a session that draws what an earlier one drew', () => {
    const numbers = new Numbers(1);
    const drawn = Array.from({ length: 40 }, () => numbers.bytes(12));
    const { repeats } = play(1_000_000, new Table(21), (session) => drawn[session % 40]);
    expect(repeats).toBeGreaterThan(0);
  });

  it('say session, mark and counter', () => {
    const numbers = new Numbers(2);
    const sessions = new Set<number>();
    for (let i = 0; i < 5000; i++) {
      const counter = numbers.below(2 ** COUNTER_BITS);
      const mark = numbers.below(2 ** 15);
      const ivs = new IvSource(numbers.bytes(12), counter);
      const iv = new Uint8Array(12);
      expect(ivs.next(mark, iv)).toBe(true);
      const parts = readIv(iv);
      expect(parts).toMatchObject({ mark, counter });
      sessions.add(parts?.session ?? -1);
      if (ivs.next(mark ^ 1, iv)) expect(readIv(iv)).toEqual({ session: parts?.session, mark: mark ^ 1, counter: counter + 1 });
    }
    expect(sessions.size).toBe(5000);
  });

  it('use each of the 49 random bits', () => {
    const session = (random: Bytes) => {
      const iv = new Uint8Array(12);
      new IvSource(random).next(0, iv);
      return readIv(iv)?.session ?? 0;
    };
    const seen = new Set<number>();
    for (let bit = 0; bit < 96; bit++) {
      const random = new Uint8Array(12);
      random[bit >> 3] = 0x80 >> (bit & 7);
      if (session(random) !== 0) seen.add(Math.log2(session(random)));
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 49 }, (_, i) => i));
  });

  it('of other makers are told apart by four bits', () => {
    const iv = new Uint8Array(12);
    new IvSource().next(0, iv);
    for (const at of [0, 3, 6, 9]) {
      const other = iv.slice();
      other[at] = (other[at] as number) & 0x7f;
      expect(readIv(other)).toBeNull();
    }
    expect(readIv(iv.subarray(0, 11))).toBeNull();
  });

  it('end, and do not begin again', async () => {
    const ivs = new IvSource(undefined, 2 ** COUNTER_BITS - 2);
    const ring = new KeyRing();
    ring.set(0, await frameKey(1));
    ring.use(0);
    const sealer = new FrameSealer({ media: 'audio', identity: 'me', ring, ivs });
    const results: boolean[] = [];
    for (let i = 0; i < 5; i++) results.push(await sealer.seal({ data: new ArrayBuffer(9), getMetadata: () => ({}) }, i));
    expect(results).toEqual([true, true, false, false, false]);
    expect(sealer.health.dropped).toEqual({ exhausted: 3 });
  });
});

describe('frames', () => {
  it('of several tracks, sealed at the same time, have IVs of their own, and the ones they were sealed with', async () => {
    const ring = new KeyRing();
    const key = await frameKey(1);
    ring.set(3, key);
    ring.use(3);
    const ivs = new IvSource();
    const sealers = ['audio', 'video', 'video'].map(
      (media) => new FrameSealer({ media: media as 'audio' | 'video', identity: 'me', ring, ivs, codec: 'vp9' }),
    );
    const seen = new Set<string>();
    for (let i = 0; i < 700; i++) {
      const frames = sealers.flatMap((sealer) =>
        [1, 2, 3].map(() => ({ sealer, frame: { data: new ArrayBuffer(20), type: 'delta', getMetadata: () => ({}) } })),
      );
      const passed = await Promise.all(frames.map(({ sealer, frame }) => sealer.seal(frame, i)));
      expect(passed).not.toContain(false);
      for (const { sealer, frame } of frames) {
        const data = new Uint8Array(frame.data);
        const iv = data.slice(-14, -2);
        seen.add(hex(iv));
        const clear = sealer === sealers[0] ? 1 : 0;
        const parameters = { name: 'AES-GCM', iv, additionalData: data.slice(0, clear) };
        const plain = await crypto.subtle.decrypt(parameters, key.aes, data.slice(clear, -14));
        expect(plain.byteLength).toBe(20 - clear);
      }
    }
    expect(seen.size).toBe(700 * 9);
  });
});
