// SPDX-License-Identifier: Apache-2.0
// Rings, replay windows and senders.
import { describe, expect, it } from 'vitest';
import { IvSource, markOf } from '../../src/e2ee/iv';
import { MOST_STREAMS, MOST_WINDOWS, ReplayGuard, WINDOW } from '../../src/e2ee/replay';
import { KeyRing } from '../../src/e2ee/ring';
import { admit, MOST_PEOPLE, Senders } from '../../src/e2ee/senders';
import type { Bytes, FrameKey } from '../../src/e2ee/types';
import { frameKey, Numbers } from './kit';

const [keyA, keyB] = (await Promise.all([frameKey(1), frameKey(2)])) as [FrameKey, FrameKey];

describe('ring', () => {
  it('gives what was set, and sends only after use', () => {
    const ring = new KeyRing();
    expect(ring.sending()).toBeNull();
    ring.set(15, keyA);
    expect(ring.sending()).toBeNull();
    expect(ring.get(15, 0)).toBe(keyA);
    ring.use(15);
    expect(ring.sending()).toEqual({ index: 15, key: keyA });
    for (const index of [0, 14, 16, 255, -1, 0.5]) expect(ring.get(index, 0)).toBeNull();
  });

  it('changes keys: the old one opens until its deadline and is gone then', () => {
    const ring = new KeyRing();
    ring.set(0, keyA);
    ring.use(0);
    ring.set(1, keyB);
    expect(ring.sending()?.index).toBe(0);
    ring.use(1);
    ring.retire(0, 10_000);
    expect(ring.sending()).toEqual({ index: 1, key: keyB });
    expect(ring.get(0, 9_999)).toBe(keyA);
    expect(ring.get(0, 10_000)).toBeNull();
    expect(ring.get(0, 0)).toBeNull();
    expect(ring.get(1, 1e12)).toBe(keyB);
  });

  it('erases what is due by itself, and says which', () => {
    const ring = new KeyRing();
    ring.set(0, keyA);
    ring.set(1, keyB);
    ring.retire(0, 5);
    expect(ring.expire(4)).toEqual([]);
    expect(ring.expire(5)).toEqual([keyA]);
    expect(ring.expire(5)).toEqual([]);
    expect(ring.get(0, 0)).toBeNull();
  });

  it('does not send with a key that is retired, erased or replaced', () => {
    const ring = new KeyRing();
    const fill = () => {
      ring.set(4, keyA);
      ring.use(4);
    };
    fill();
    ring.retire(4, 100);
    expect(ring.sending()).toBeNull();
    expect(() => ring.use(4)).toThrow();
    fill();
    ring.erase(4);
    expect(ring.sending()).toBeNull();
    expect(() => ring.use(4)).toThrow();
    fill();
    ring.set(4, keyB);
    expect(ring.sending()).toBeNull();
    fill();
    ring.clear();
    expect([ring.sending(), ring.get(4, 0)]).toEqual([null, null]);
  });

  it('does not postpone a deadline', () => {
    const ring = new KeyRing();
    ring.set(0, keyA);
    ring.retire(0, 10);
    ring.retire(0, 20);
    expect(ring.get(0, 10)).toBeNull();
  });

  it('has the size it was given', () => {
    const ring = new KeyRing(2);
    ring.set(1, keyA);
    for (const index of [2, 16, -1, 1.5, Number.NaN]) {
      expect(() => ring.set(index, keyA), String(index)).toThrow(RangeError);
      expect(() => ring.use(index)).toThrow();
      expect(() => ring.retire(index, 0)).toThrow();
      expect(() => ring.erase(index)).toThrow();
    }
    for (const size of [0, 257, 1.5]) expect(() => new KeyRing(size)).toThrow(RangeError);
    expect(new KeyRing(256).size).toBe(256);
  });
});

/** An IV as LiveKit's SDKs make it. */
function foreignIv(ssrc: number, timestamp: number, counter: number): Bytes {
  const view = new DataView(new ArrayBuffer(12));
  view.setUint32(0, ssrc);
  view.setUint32(4, timestamp);
  view.setUint32(8, timestamp - (counter % 65535));
  return new Uint8Array(view.buffer);
}

/** The first IVs of a session. */
function session(count: number, seed: number, from = 0): Bytes[] {
  const ivs = new IvSource(new Numbers(seed).bytes(12), from);
  return Array.from({ length: count }, () => {
    const iv = new Uint8Array(12);
    ivs.next(77, iv);
    return iv;
  });
}

/** What a set of everything seen, with the 1,024 highest places as its bound, would say. */
class Model {
  #places: number[] = [];

  commit(place: number): boolean {
    if (this.#places.includes(place)) return false;
    if (this.#places.length === WINDOW && place < (this.#places[0] as number)) return false;
    this.#places.push(place);
    this.#places.sort((a, b) => a - b);
    if (this.#places.length > WINDOW) this.#places.shift();
    return true;
  }
}

describe('replay guard', () => {
  it('takes a frame once, in any order within the window', () => {
    const guard = new ReplayGuard();
    const ivs = session(WINDOW, 1);
    for (const iv of ivs.toReversed()) expect(guard.commit(iv, true, keyA)).toBe(true);
    for (const iv of ivs) expect(guard.commit(iv, true, keyA)).toBe(false);
  });

  it('refuses what is older than the window', () => {
    const guard = new ReplayGuard();
    const ivs = session(WINDOW + 2, 1);
    for (const iv of ivs.slice(2)) expect(guard.commit(iv, true, keyA)).toBe(true);
    expect(guard.commit(ivs[0] as Bytes, true, keyA)).toBe(false);
    expect(guard.commit(ivs[1] as Bytes, true, keyA)).toBe(false);
  });

  it('agrees with a plain list on reordered, lost and repeated frames', () => {
    const numbers = new Numbers(3);
    for (const own of [true, false]) {
      const guard = new ReplayGuard();
      const model = new Model();
      const ivs = own ? session(9000, 4, 1000) : Array.from({ length: 9000 }, (_, i) => foreignIv(9, 5000 + 3000 * Math.floor(i / 2), i));
      let refused = 0;
      for (let i = 0; i < 12_000; i++) {
        const at = Math.min(8999, Math.max(0, Math.floor(i / 1.4) - numbers.below(numbers.below(20) ? 12 : 2500)));
        const place = own ? at : Math.floor(at / 2) * 65536 + at;
        const wanted = model.commit(place);
        expect(guard.commit(ivs[at] as Bytes, own, keyA), `${own} ${at}`).toBe(wanted);
        if (!wanted) refused++;
      }
      expect(refused).toBeGreaterThan(1000);
    }
  });

  it('follows a foreign timestamp when it wraps', () => {
    const guard = new ReplayGuard();
    const start = 2 ** 32 - 3000 * 1500;
    const ivs = Array.from({ length: 5000 }, (_, i) => foreignIv(1, (start + 3000 * i) % 2 ** 32, i));
    for (const iv of ivs) expect(guard.commit(iv, false, keyA)).toBe(true);
    for (const iv of ivs) expect(guard.commit(iv, false, keyA)).toBe(false);
  });

  it('follows a foreign counter when it wraps, and knows layers of one timestamp apart', () => {
    const guard = new ReplayGuard();
    const ivs = Array.from({ length: 3000 }, (_, i) => foreignIv(1, 90_000 + 3000 * Math.floor(i / 3), 65_000 + i));
    for (const iv of ivs) expect(guard.commit(iv, false, keyA)).toBe(true);
    for (const iv of ivs) expect(guard.commit(iv, false, keyA)).toBe(false);
  });

  it('keeps streams apart, and ours from foreign ones', () => {
    const guard = new ReplayGuard();
    for (const iv of [...session(5, 1), ...session(5, 2), ...session(5, 3)]) expect(guard.commit(iv, true, keyA)).toBe(true);
    for (const ssrc of [1, 2, 2 ** 32 - 1]) expect(guard.commit(foreignIv(ssrc, 5, 5), false, keyA)).toBe(true);
    expect(guard.size).toEqual({ streams: 6, windows: 6 });
  });

  it('has bounded memory, and forgets no stream: a window that was given up leaves a floor', () => {
    const guard = new ReplayGuard();
    const first = session(100, 1);
    for (const iv of first.slice(0, 50)) guard.commit(iv, true, keyA);
    for (let ssrc = 0; ssrc < MOST_WINDOWS; ssrc++) guard.commit(foreignIv(ssrc, 1, 0), false, keyA);
    expect(guard.size).toEqual({ streams: MOST_WINDOWS + 1, windows: MOST_WINDOWS });
    for (const iv of first.slice(0, 50)) expect(guard.commit(iv, true, keyA)).toBe(false);
    for (const iv of first.slice(50)) expect(guard.commit(iv, true, keyA)).toBe(true);
    for (const iv of first) expect(guard.commit(iv, true, keyA)).toBe(false);
    expect(guard.size.windows).toBe(MOST_WINDOWS);
  });

  it('takes no further stream when it is full, and those that it has still', () => {
    const guard = new ReplayGuard();
    for (let ssrc = 0; ssrc < MOST_STREAMS; ssrc++) expect(guard.commit(foreignIv(ssrc, 1, 0), false, keyA)).toBe(true);
    expect(guard.commit(foreignIv(MOST_STREAMS, 1, 0), false, keyA)).toBe(false);
    expect(guard.commit(session(1, 1)[0] as Bytes, true, keyA)).toBe(false);
    expect(guard.commit(foreignIv(0, 2, 1), false, keyA)).toBe(true);
    expect(guard.size).toEqual({ streams: MOST_STREAMS, windows: MOST_WINDOWS });
  });

  it('gives up the streams of a key that is gone, and only those', () => {
    const guard = new ReplayGuard();
    const [ended, goesOn] = [session(10, 1), session(10, 2)];
    for (const iv of ended) guard.commit(iv, true, keyA);
    for (const iv of goesOn.slice(0, 5)) guard.commit(iv, true, keyA);
    for (const iv of goesOn.slice(5)) guard.commit(iv, true, keyB);
    guard.forget(keyA);
    expect(guard.size).toEqual({ streams: 1, windows: 1 });
    for (const iv of goesOn) expect(guard.commit(iv, true, keyB)).toBe(false);
  });
});

describe('senders', () => {
  async function ivOf(identity: string, key: FrameKey, seed = 1): Promise<() => Bytes> {
    const ivs = new IvSource(new Numbers(seed).bytes(12));
    const mark = await markOf(key, identity);
    return () => {
      const iv = new Uint8Array(12);
      ivs.next(mark, iv);
      return iv;
    };
  }

  function roomOf(...people: string[]): { senders: Senders; guard: ReplayGuard } {
    const senders = new Senders();
    for (const identity of people) senders.add(identity);
    return { senders, guard: new ReplayGuard() };
  }

  it('are who they are said to be', async () => {
    const { senders, guard } = roomOf('alice', 'bob');
    const next = await ivOf('alice', keyA);
    expect(await admit(next(), keyA, 'alice', senders, guard)).toBe('verified');
    expect(await admit(next(), keyA, 'bob', senders, guard)).toBe('sender');
  });

  it('are known under each key', async () => {
    const { senders, guard } = roomOf('alice', 'bob');
    const next = await ivOf('alice', keyB);
    expect(await admit(next(), keyB, 'bob', senders, guard)).toBe('sender');
    expect(await admit(next(), keyB, 'alice', senders, guard)).toBe('verified');
    expect(await markOf(keyA, 'alice')).not.toBe(await markOf(keyB, 'alice'));
  });

  it('may join later, and stay known after they left', async () => {
    const { senders, guard } = roomOf('bob');
    const next = await ivOf('alice', keyA);
    expect(await admit(next(), keyA, 'bob', senders, guard)).toBe('unverified');
    senders.add('alice');
    expect(await admit(next(), keyA, 'bob', senders, guard)).toBe('sender');
    senders.remove('alice');
    expect(await admit(next(), keyA, 'bob', senders, guard)).toBe('sender');
  });

  it('with clients of other makers are let in, but not verified', async () => {
    const { senders, guard } = roomOf('alice', 'robot');
    for (let i = 0; i < 50; i++) {
      expect(await admit(foreignIv(7, 90_000 + i * 960, i), keyA, 'robot', senders, guard)).toBe('unverified');
    }
  });

  it('who marked their frames once do not stop, until they left', async () => {
    const { senders, guard } = roomOf('alice');
    const next = await ivOf('alice', keyA);
    for (let i = 0; i < 7; i++) await admit(next(), keyA, 'alice', senders, guard);
    expect(await admit(foreignIv(7, 1, 1), keyA, 'alice', senders, guard)).toBe('unverified');
    await admit(next(), keyA, 'alice', senders, guard);
    expect(await admit(foreignIv(7, 2, 2), keyA, 'alice', senders, guard)).toBe('sender');
    senders.remove('alice');
    expect(await admit(foreignIv(7, 2, 2), keyA, 'alice', senders, guard)).toBe('unverified');
  });

  it('are not taken for marked because single frames look so', async () => {
    const { senders, guard } = roomOf('robot');
    for (let i = 0; i < 30; i++) await admit((await ivOf('robot', keyA, i))(), keyA, 'robot', senders, guard);
    expect(await admit(foreignIv(7, 2, 2), keyA, 'robot', senders, guard)).toBe('unverified');
  });

  it('are judged by nothing when the key has no marks, but windows are kept', async () => {
    const unmarked = { aes: keyA.aes, marks: null };
    const { senders, guard } = roomOf('alice', 'bob');
    const next = await ivOf('alice', unmarked);
    const ivs = Array.from({ length: 3000 }, next);
    for (const iv of ivs) expect(await admit(iv, unmarked, 'bob', senders, guard)).toBe('unverified');
    for (const iv of ivs) expect(await admit(iv, unmarked, 'alice', senders, guard)).toBe('replay');
  });

  it('are a bounded number; who was verified is not pushed out by names', async () => {
    const { senders, guard } = roomOf('alice');
    const next = await ivOf('alice', keyA);
    await admit(next(), keyA, 'alice', senders, guard);
    for (let i = 0; i < MOST_PEOPLE + 10; i++) senders.add(`name ${i}`);
    expect(await admit(next(), keyA, 'name 1', senders, guard)).toBe('sender');
    const early = await ivOf('name 0', keyA);
    expect(await admit(early(), keyA, 'alice', senders, guard)).toBe('unverified');
    const late = await ivOf(`name ${MOST_PEOPLE}`, keyA);
    expect(await admit(late(), keyA, 'alice', senders, guard)).toBe('sender');
  });
});
