// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { Files, paddedSize, PIECE_BYTES, ticketKey } from '../../src/e2ee/files';
import { keyFromBytes, type RoomKey } from '../../src/e2ee/key';
import type { Bytes } from '../../src/e2ee/types';
import { Numbers } from './kit';

const roomKey = (seed: number): Promise<CryptoKey> => ticketKey(keyFromBytes(new Numbers(seed).bytes(32)) as RoomKey);

async function sealAll(files: Files, content: Bytes, key: CryptoKey): Promise<{ ticket: string; pieces: Bytes[] }> {
  const { file, ticket, pieces: count } = await files.make(content.length, key);
  const pieces: Bytes[] = [];
  for (let i = 0; i < count; i++) pieces.push(await files.seal(file, i, content.slice(i * PIECE_BYTES, (i + 1) * PIECE_BYTES)));
  return { ticket, pieces };
}

async function openAll(files: Files, ticket: string, pieces: Bytes[], keys: CryptoKey[]): Promise<Bytes> {
  const { file, size } = await files.take(ticket, keys);
  const out = new Uint8Array(size);
  let at = 0;
  for (const [i, piece] of pieces.entries()) {
    const plain = await files.open(file, i, piece);
    out.set(plain, at);
    at += plain.length;
  }
  expect(at).toBe(size);
  return out;
}

const SIZES = [0, 1, 2, 15, 16, 17, 1000, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 200_000];

describe('a file', () => {
  it('comes out as it went in', async () => {
    const [files, key] = [new Files(), await roomKey(1)];
    for (const size of SIZES) {
      const content = new Numbers(size).bytes(size);
      const { ticket, pieces } = await sealAll(files, content, key);
      expect(Buffer.from(await openAll(new Files(), ticket, pieces, [key])).equals(Buffer.from(content))).toBe(true);
    }
  });

  it('is stored at the size that was announced, which says little', async () => {
    const [files, key] = [new Files(), await roomKey(1)];
    for (const size of SIZES) {
      const { storedSize, pieces } = await files.make(size, key);
      const sealed = await sealAll(files, new Uint8Array(size), key);
      expect(sealed.pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(storedSize);
      expect(sealed.pieces.length).toBe(pieces);
    }
  });

  it('cannot be opened by another room, nor with a changed ticket', async () => {
    const [files, key, other] = [new Files(), await roomKey(1), await roomKey(2)];
    const { ticket } = await sealAll(files, new Uint8Array(10), key);
    await expect(files.take(ticket, [other])).rejects.toThrow('another room');
    expect((await files.take(ticket, [other, key])).size).toBe(10);
    for (let i = 0; i < ticket.length; i++) {
      const changed = `${ticket.slice(0, i)}${ticket[i] === 'A' ? 'B' : 'A'}${ticket.slice(i + 1)}`;
      await expect(files.take(changed, [key])).rejects.toThrow();
    }
    for (const wrong of ['', '!', 'A'.repeat(91), 'A'.repeat(1000)]) await expect(files.take(wrong, [key])).rejects.toThrow('not a ticket');
  });

  it('is refused piece by piece when one was changed, moved, or belongs to another file', async () => {
    const [files, key] = [new Files(), await roomKey(1)];
    const content = new Numbers(3).bytes(3 * PIECE_BYTES);
    const one = await sealAll(files, content, key);
    const two = await sealAll(files, content, key);
    const { file } = await files.take(one.ticket, [key]);
    const [first, second] = one.pieces as [Bytes, Bytes];
    const flipped = first.slice();
    flipped[100] = (flipped[100] as number) ^ 1;
    await expect(files.open(file, 0, flipped)).rejects.toThrow('altered');
    await expect(files.open(file, 0, second)).rejects.toThrow('altered');
    await expect(files.open(file, 0, two.pieces[0] as Bytes)).rejects.toThrow('altered');
    await expect(files.open(file, 3, first)).rejects.toThrow('no such piece');
    expect((await files.open(file, 0, first)).length).toBe(PIECE_BYTES);
  });

  it('is sealed once, by who made it', async () => {
    const [files, key] = [new Files(), await roomKey(1)];
    const { file, ticket } = await files.make(10, key);
    await files.seal(file, 0, new Uint8Array(10));
    await expect(files.seal(file, 0, new Uint8Array(10))).rejects.toThrow('once');
    await expect(files.open(file, 0, new Uint8Array(26))).rejects.toThrow('being sealed');
    const taken = await files.take(ticket, [key]);
    await expect(files.seal(taken.file, 0, new Uint8Array(10))).rejects.toThrow('once');
    const other = await files.make(10, key);
    await expect(files.seal(other.file, 0, new Uint8Array(9))).rejects.toThrow('not that piece');
  });
});

describe('the padded size', () => {
  it('is never smaller, at most an eighth larger, and few sizes have it', () => {
    const sizes = new Set<number>();
    for (let size = 0; size < 100_000; size++) {
      const padded = paddedSize(size);
      expect(padded).toBeGreaterThanOrEqual(size);
      if (size > 8) expect(padded).toBeLessThanOrEqual(size * 1.125);
      sizes.add(padded);
    }
    expect(sizes.size).toBeLessThan(260);
    expect(Number.isSafeInteger(paddedSize(2 ** 50 + 1))).toBe(true);
  });
});
