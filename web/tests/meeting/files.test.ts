// SPDX-License-Identifier: Apache-2.0
import type { ByteStreamReader } from 'livekit-client';
import { describe, expect, it } from 'vitest';
import { FILE_LIMIT, FileStore } from '../../src/meeting/chat/files';
import { sizeText } from '../../src/meeting/chat/FileView';

const reader = (id: string, size: number, parts: readonly number[], mimeType = 'image/png') =>
  ({
    info: { id, size, mimeType },
    async *[Symbol.asyncIterator]() {
      for (const part of parts) yield new Uint8Array(part);
    },
  }) as unknown as ByteStreamReader;

describe('files that come', () => {
  it('are whole, or broken', async () => {
    const store = new FileStore();
    await store.receive(reader('a', 300, [100, 200]), 'anna');
    await store.receive(reader('b', 300, [100]), 'anna');
    await store.receive(reader('c', 300, [100, 201]), 'anna');
    expect(store.state.get('anna a')).toMatchObject({ progress: 1, isBroken: false });
    expect(store.state.get('anna a')?.blob?.size).toBe(300);
    expect(store.state.get('anna b')?.isBroken).toBe(true);
    expect(store.state.get('anna c')?.isBroken).toBe(true);
  });

  it('are each their sender’s, once', async () => {
    const store = new FileStore();
    await store.receive(reader('a', 1, [1]), 'anna');
    await store.receive(reader('a', 2, [2]), 'ben');
    await store.receive(reader('a', 3, [3]), 'anna');
    expect(store.state.get('anna a')?.blob?.size).toBe(1);
    expect(store.state.get('ben a')?.blob?.size).toBe(2);
  });

  it('are only so large, and so many', async () => {
    const store = new FileStore();
    await store.receive(reader('big', FILE_LIMIT + 1, []), 'anna');
    expect(store.state.get('anna big')?.isBroken).toBe(true);
    const small = new FileStore(100);
    await small.receive(reader('broken', 90, [1]), 'anna');
    await small.receive(reader('one', 90, [90]), 'anna');
    await small.receive(reader('more', 20, [20]), 'anna');
    expect(['broken', 'one', 'more'].map((id) => small.state.get(`anna ${id}`)?.isBroken)).toEqual([true, false, true]);
  });

  it('are pictures only where the page can trust the type', async () => {
    const store = new FileStore();
    await store.receive(reader('a', 1, [1], 'image/svg+xml'), 'anna');
    await store.receive(reader('b', 1, [1], 'text/html'), 'anna');
    expect(store.state.get('anna a')?.blob?.type).toBe('application/octet-stream');
    expect(store.state.get('anna b')?.blob?.type).toBe('application/octet-stream');
  });

  it('have a size that one can read', () => {
    expect(sizeText(999, 'en')).toMatch(/^999 b/);
    expect(sizeText(1_200_000, 'en')).toBe('1.2 MB');
  });
});
