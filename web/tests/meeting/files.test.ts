// SPDX-License-Identifier: Apache-2.0
import type { ByteStreamReader } from 'livekit-client';
import { describe, expect, it } from 'vitest';
import { FILE_COUNTS, FILE_LIMIT, FileStore } from '../../src/meeting/chat/files';
import { sizeText } from '../../src/meeting/chat/FileView';

const reader = (id: string, size: number, parts: readonly number[], mimeType = 'image/png') =>
  ({
    info: { id, size, mimeType },
    async *[Symbol.asyncIterator]() {
      for (const part of parts) yield new Uint8Array(part);
    },
  }) as unknown as ByteStreamReader;

/** It comes until it is let go. */
function slowReader(id: string) {
  let end = (): void => undefined;
  const done = new Promise<void>((resolve) => (end = resolve));
  const slow = {
    info: { id, size: 1, mimeType: 'image/png' },
    async *[Symbol.asyncIterator]() {
      await done;
      yield new Uint8Array(1);
    },
  } as unknown as ByteStreamReader;
  return { slow, end };
}

describe('files that come', () => {
  it('are whole, or broken', async () => {
    const store = new FileStore();
    await store.receive(reader('a', 300, [100, 200]), 'anna');
    await store.receive(reader('b', 300, [100]), 'anna');
    await store.receive(reader('c', 300, [100, 201]), 'anna');
    expect(store.get('anna a')).toMatchObject({ progress: 1, isBroken: false });
    expect(store.get('anna a')?.blob?.size).toBe(300);
    expect(store.get('anna b')?.isBroken).toBe(true);
    expect(store.get('anna c')?.isBroken).toBe(true);
  });

  it('are each their sender’s, once', async () => {
    const store = new FileStore();
    await store.receive(reader('a', 1, [1]), 'anna');
    await store.receive(reader('a', 2, [2]), 'ben');
    await store.receive(reader('a', 3, [3]), 'anna');
    expect(store.get('anna a')?.blob?.size).toBe(1);
    expect(store.get('ben a')?.blob?.size).toBe(2);
  });

  it('are only so large, and so many', async () => {
    const store = new FileStore();
    await store.receive(reader('big', FILE_LIMIT + 1, []), 'anna');
    expect(store.get('anna big')?.isBroken).toBe(true);
    const small = new FileStore(100);
    await small.receive(reader('broken', 90, [1]), 'anna');
    await small.receive(reader('one', 90, [90]), 'anna');
    await small.receive(reader('more', 20, [20]), 'anna');
    expect(['broken', 'one', 'more'].map((id) => small.get(`anna ${id}`)?.isBroken)).toEqual([true, false, true]);
  });

  it('are kept a number at a time: the oldest goes, and its bytes', async () => {
    const store = new FileStore(FILE_COUNTS.kept);
    const people = ['anna', 'ben', 'carl', 'dora', 'emil'];
    const count = FILE_COUNTS.kept / people.length;
    for (let i = 0; i < count; i++) for (const one of people) await store.receive(reader(`${i}`, 1, [1]), one);
    expect(store.get('anna 0')?.blob?.size).toBe(1);
    await store.receive(reader('empty', 0, []), 'fred');
    expect(store.get('anna 0')).toBeUndefined();
    expect(store.get('ben 0')?.blob?.size).toBe(1);
    // There was room for one byte again.
    await store.receive(reader('x', 1, [1]), 'fred');
    expect(store.get('fred x')).toMatchObject({ progress: 1, isBroken: false });
  });

  it('push out those of the same sender first', async () => {
    const store = new FileStore();
    await store.receive(reader('a', 1, [1]), 'ben');
    for (let i = 0; i < 3 * FILE_COUNTS.kept; i++) await store.receive(reader(`${i}`, 1, [i % 2]), 'anna');
    expect(store.get('ben a')?.blob?.size).toBe(1);
    const kept = Array.from({ length: 3 * FILE_COUNTS.kept }, (_, i) => store.get(`anna ${i}`)).filter(Boolean);
    expect(kept).toHaveLength(FILE_COUNTS.keptOfOne);
  });

  it('come only so many at a time, from one and from all', async () => {
    const store = new FileStore();
    const ends: (() => void)[] = [];
    const all: Promise<void>[] = [];
    const start = (from: string, id: number): boolean => {
      const { slow, end } = slowReader(`${id}`);
      ends.push(end);
      all.push(store.receive(slow, from));
      return store.get(`${from} ${id}`)?.isBroken === false;
    };
    const started = (from: string): number =>
      Array.from({ length: FILE_COUNTS.comingOfOne + 5 }, (_, i) => start(from, i)).filter(Boolean).length;
    const counts = ['anna', 'ben', 'carl', 'dora'].map(started);
    expect(counts[0]).toBe(FILE_COUNTS.comingOfOne);
    expect(counts.reduce((sum, one) => sum + one)).toBe(FILE_COUNTS.coming);
    for (const end of ends) end();
    await Promise.all(all);
    expect(store.get('anna 0')?.blob?.size).toBe(1);
    expect(start('anna', 1000)).toBe(true);
    ends.at(-1)?.();
    await all.at(-1);
  });

  it('tell how far they are by the hundredth, not by the packet', async () => {
    const store = new FileStore();
    const seen: number[] = [];
    store.watch(() => seen.push(store.get('anna a')?.progress ?? -1));
    await store.receive(reader('a', 20_000, new Array<number>(20_000).fill(1)), 'anna');
    expect(seen.length).toBeGreaterThan(50);
    expect(seen.length).toBeLessThan(110);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(store.get('anna a')?.blob?.size).toBe(20_000);
  });

  it('are the same to who looks while nothing changes in them', async () => {
    const store = new FileStore();
    await store.receive(reader('a', 1, [1]), 'anna');
    const before = store.get('anna a');
    await store.receive(reader('b', 1, [1]), 'anna');
    expect(store.get('anna a')).toBe(before);
  });

  it('are pictures only where the page can trust the type', async () => {
    const store = new FileStore();
    await store.receive(reader('a', 1, [1], 'image/svg+xml'), 'anna');
    await store.receive(reader('b', 1, [1], 'text/html'), 'anna');
    expect(store.get('anna a')?.blob?.type).toBe('application/octet-stream');
    expect(store.get('anna b')?.blob?.type).toBe('application/octet-stream');
  });

  it('have a size that one can read', () => {
    expect(sizeText(999, 'en')).toMatch(/^999 b/);
    expect(sizeText(1_200_000, 'en')).toBe('1.2 MB');
  });
});
