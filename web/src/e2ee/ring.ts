// SPDX-License-Identifier: Apache-2.0
// Keys by the index that frames carry. A ring may be everybody's or one person's; nothing here knows which. A key that was
// replaced still decrypts what is on its way until its deadline, and is gone afterwards.
import type { FrameKey } from './types';

export const RING_SIZE = 16;

interface Slot {
  readonly key: FrameKey;
  /** Infinity while the key is in use. */
  deadlineMs: number;
}

export interface SendingKey {
  readonly index: number;
  readonly key: FrameKey;
}

export class KeyRing {
  readonly size: number;
  readonly #slots: (Slot | undefined)[] = [];
  #sending: SendingKey | null = null;

  constructor(size = RING_SIZE) {
    if (!Number.isInteger(size) || size < 1 || size > 256) throw new RangeError('a ring has 1 to 256 keys');
    this.size = size;
  }

  /** Puts a key at an index, for receiving; what was there is erased. It is sent with only after `use`. */
  set(index: number, key: FrameKey): void {
    this.erase(this.#checked(index));
    this.#slots[index] = { key, deadlineMs: Infinity };
  }

  /** From now on frames are sent under this index. It must hold a key that is not retired. */
  use(index: number): void {
    const slot = this.#slots[this.#checked(index)];
    if (!slot || slot.deadlineMs !== Infinity) throw new Error(`no key to send with at index ${index}`);
    this.#sending = { index, key: slot.key };
  }

  /** The key at this index decrypts until the deadline and is no longer sent with. */
  retire(index: number, deadlineMs: number): void {
    const slot = this.#slots[this.#checked(index)];
    if (slot) slot.deadlineMs = Math.min(slot.deadlineMs, deadlineMs);
    if (this.#sending?.index === index) this.#sending = null;
  }

  erase(index: number): void {
    this.#slots[this.#checked(index)] = undefined;
    if (this.#sending?.index === index) this.#sending = null;
  }

  clear(): void {
    this.#slots.length = 0;
    this.#sending = null;
  }

  sending(): SendingKey | null {
    return this.#sending;
  }

  /** The key to receive with. Any index may be asked for: it comes from the frame. */
  get(index: number, nowMs: number): FrameKey | null {
    const slot = this.#slots[index];
    if (!slot) return null;
    if (nowMs < slot.deadlineMs) return slot.key;
    this.erase(index);
    return null;
  }

  /** Erases what is due, and gives the keys that went. */
  expire(nowMs: number): FrameKey[] {
    const erased: FrameKey[] = [];
    for (let index = 0; index < this.size; index++) {
      const slot = this.#slots[index];
      if (!slot || nowMs < slot.deadlineMs) continue;
      this.erase(index);
      erased.push(slot.key);
    }
    return erased;
  }

  #checked(index: number): number {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) throw new RangeError(`no key index ${index}`);
    return index;
  }
}
