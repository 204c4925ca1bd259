// SPDX-License-Identifier: Apache-2.0
// What the tests share: hex, a seeded source of numbers, keys whose bytes are known, and the vectors.
import { readFileSync } from 'node:fs';
import type { Bytes, FrameKey } from '../../src/e2ee/types';

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function unhex(text: string): Bytes {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

/** The same numbers in each run, so that a failure can be looked at again. */
export class Numbers {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** 32 bits. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  }

  below(limit: number): number {
    return this.next() % limit;
  }

  bytes(length: number): Bytes {
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = this.next() >>> 24;
    return out;
  }

  /** Bytes in which zeros, ones and threes are common, so that start codes and escapes come up. */
  lowBytes(length: number): Bytes {
    const out = this.bytes(length);
    for (let i = 0; i < length; i++) if (this.below(4) > 0) out[i] = (out[i] as number) & 3;
    return out;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}

/** An AES key from its bytes; the library itself never makes one this way. */
export function aesKey(bytes: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

export async function frameKey(seed: number, marked = true): Promise<FrameKey> {
  const numbers = new Numbers(seed);
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const aes = await aesKey(numbers.bytes(16));
  return { aes, marks: marked ? await crypto.subtle.importKey('raw', numbers.bytes(32), hmac, false, ['sign']) : null };
}

/** A vector as it stands in the file; the tests say what they take from it. */
export interface Vector {
  [name: string]: any;
}

interface Vectors {
  keys: Record<string, Vector>;
  native: { frames: Vector[]; data: Vector[]; [name: string]: any };
  [name: string]: any;
}

export const vectors: Vectors & Record<'kdf' | 'ratchet' | 'frames' | 'sequences' | 'decrypt', Vector[]> &
  Record<'auto_ratchet' | 'sif' | 'packet_trailer' | 'data' | 'data_auto_ratchet', Vector[]> = JSON.parse(
  readFileSync(new URL('../../../tests/vectors/e2ee-vectors.json', import.meta.url), 'utf8'),
);
