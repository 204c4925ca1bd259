// SPDX-License-Identifier: Apache-2.0
// The keys of the meeting this worker is in: the one in use, the one that was handed out and is not used yet, and the one
// that was replaced and still decrypts for a while. Raw bytes are here and in the vault, nowhere else.
import type { KeyRing } from './ring';
import { deriveRoom } from './derive';
import { hkdf, ticketKey } from './files';
import { type Column, fingerprint } from './fingerprint';
import { keyFromBytes, type RoomKey, wipe } from './key';
import { OVERLAP_MS } from './rotate';
import type { Bytes, FrameKey, KeyBits } from './types';

/** Where links are at home: every LiveKit SDK begins there. */
const HOME_INDEX = 0;
/** What a person with the replaced key can still be told under; media is not among it. */
const NOTICE_INFO = 'bedrud replaced key notice v1';
/** So many replaced keys are remembered, to tell those who come with one. */
const MOST_PAST = 16;

export interface HeldKey {
  raw: RoomKey;
  bits: KeyBits;
  epoch: number;
  /** Where it is taken into use. */
  index: number;
  frames: FrameKey;
  /** Seals the tickets of files. */
  tickets: CryptoKey;
  notices: CryptoKey;
  fingerprint: readonly Column[];
}

export class Hold {
  #current: HeldKey | null = null;
  #next: HeldKey | null = null;
  #previous: HeldKey | null = null;
  #index = HOME_INDEX;
  /** When an index was last heard, in hearings. */
  #heard: Float64Array;
  #hearing = 0;
  #past: { epoch: number; notices: CryptoKey; tickets: CryptoKey }[] = [];

  constructor(private readonly ring: KeyRing) {
    this.#heard = new Float64Array(ring.size);
  }

  get current(): HeldKey | null {
    return this.#current;
  }

  get next(): HeldKey | null {
    return this.#next;
  }

  get nextIndex(): number | null {
    return this.#next && this.#next.index;
  }

  /** A frame or packet was opened under this index. */
  heard(index: number): void {
    if (index < this.ring.size) this.#heard[index] = ++this.#hearing;
  }

  /** For a new key: never home, nor ours; of the rest one that nobody was heard to use, or not for longest. */
  freeIndex(): number {
    const indexes = [...this.#heard.keys()].filter((index) => index !== HOME_INDEX && index !== this.#index);
    const longest = Math.min(...indexes.map((index) => this.#heard[index] as number));
    const free = indexes.filter((index) => this.#heard[index] === longest);
    const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
    return free[random % free.length] as number;
  }

  get past(): readonly { epoch: number; notices: CryptoKey }[] {
    return this.#past;
  }

  /** Files are taken by tickets under any key this worker has had. */
  ticketKeys(): CryptoKey[] {
    return [...(this.#current ? [this.#current.tickets] : []), ...this.#past.map(({ tickets }) => tickets)];
  }

  /** A key to begin with: from a link, from the vault, or new. It is used for everything at once. */
  adopt(held: HeldKey): void {
    this.drop();
    this.#current = held;
    this.#use(HOME_INDEX);
  }

  drop(): void {
    for (const held of [this.#current, this.#next, this.#previous]) if (held) wipe(held.raw);
    this.#current = this.#next = this.#previous = null;
    this.#past = [];
    this.ring.clear();
  }

  /** Stops sending and receiving, but keeps the key to tell it from a newer one. */
  silence(): void {
    this.ring.clear();
  }

  // ---- a new key, in the order of rotate.ts ----

  install(held: HeldKey): void {
    if (this.#next) wipe(this.#next.raw);
    this.#next = held;
    this.#fill();
  }

  uninstall(): void {
    if (this.#next) wipe(this.#next.raw);
    this.#next = null;
    this.#fill();
  }

  switchToNext(nowMs: number): void {
    if (!this.#next || !this.#current) return;
    const { epoch, notices, tickets } = this.#current;
    this.#past = [{ epoch, notices, tickets }, ...this.#past].slice(0, MOST_PAST);
    if (this.#previous) wipe(this.#previous.raw);
    this.#previous = this.#current;
    this.#current = this.#next;
    this.#next = null;
    this.#use(this.#current.index);
    // Should the timer that erases it be late, the ring does not give it out any more.
    for (let i = 0; i < this.ring.size; i++) if (i !== this.#index) this.ring.retire(i, nowMs + OVERLAP_MS);
  }

  /** Gives the key that decrypts nothing any more. */
  eraseOld(): FrameKey | null {
    const old = this.#previous;
    if (old) wipe(old.raw);
    this.#previous = null;
    this.#fill();
    return old && old.frames;
  }

  goHome(): void {
    if (this.#current) this.#use(HOME_INDEX);
  }

  #use(index: number): void {
    this.#index = index;
    this.#fill();
    this.ring.use(index);
  }

  /**
   * The key in use answers at every index but those of the others: clients of other makers start at index 0 with a link that
   * is new to them, and frames are authenticated, so no index is ever believed.
   */
  #fill(): void {
    if (!this.#current) return;
    for (let i = 0; i < this.ring.size; i++) {
      const held = i === this.nextIndex ? this.#next : i === this.#index ? this.#current : (this.#previous ?? this.#current);
      if (held) this.ring.set(i, held.frames);
    }
    this.ring.use(this.#index);
  }
}

/** Derives all that a key is used for. The bytes are copied. */
export async function holdKey(bytes: Bytes, bits: KeyBits, epoch: number, index = HOME_INDEX): Promise<HeldKey> {
  const raw = keyFromBytes(bytes);
  if (raw === 'damaged') throw new Error('a key has 32 bytes');
  const [frames, tickets, notices, columns] = await Promise.all([
    deriveRoom(raw, bits),
    ticketKey(raw),
    hkdf(raw, NOTICE_INFO, ['encrypt', 'decrypt']),
    fingerprint(raw),
  ]);
  return { raw, bits, epoch, index, frames, tickets, notices, fingerprint: columns };
}
