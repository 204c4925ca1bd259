// SPDX-License-Identifier: Apache-2.0
// IVs that never repeat under a key. Receivers take any 12 bytes, so ours say more than LiveKit's do, and since a frame only
// authenticates with the IV it was made with, what they say can be trusted as far as the key can:
//
//     byte   0   1   2   3   4   5   6   7   8   9  10  11
//          1rr rrr rrr 1rr rrr rrr 1mm mmm rrc 1cc ccc ccc       r 49 random bits, one draw for a sender's session
//                                                                m 15 bits, the sender's mark under this key
//                                                                c 28 bits, counts up
//
//   - Bytes 0, 3, 6 and 9 have their highest bit set. So no two zero bytes are followed by one up to 3, in an IV or where it
//     begins, and H.26x escaping never inserts a byte there: native receivers read the IV without taking escapes out.
//   - The mark is the first 15 bits of HMAC-SHA256(mark key, identity). Only holders of the room's key can make it, so a
//     server cannot show one person's frames as another's.
//   - Random bits and counter make it unique. Two sessions of one person meet with probability 2^-49: 1,000 sessions under
//     one key, 10^-9. Sessions of different people differ in their marks too. 2^28 frames are 17 days of 180 a second.
//   - The counter is the sender's order, for replay windows.
import { type Bytes, type FrameKey, IV_BYTES } from './types';

export const MARK_BITS = 15;
export const COUNTER_BITS = 28;
const LAST = 2 ** COUNTER_BITS - 1;

export class IvSource {
  readonly #prefix: Bytes;
  #counter: number;

  /** One for all media of a worker, one for all its data packets. The arguments are for tests. */
  constructor(random: Bytes = crypto.getRandomValues(new Uint8Array(IV_BYTES)), counter = 0) {
    this.#prefix = random.slice(0, IV_BYTES);
    this.#counter = counter;
  }

  /** Writes the next IV; false when there are none left. */
  next(mark: number, out: Bytes): boolean {
    const counter = this.#counter;
    if (counter > LAST) return false;
    this.#counter++;
    out.set(this.#prefix);
    out[0] = 0x80 | (out[0] as number);
    out[3] = 0x80 | (out[3] as number);
    out[6] = 0x80 | ((mark >> 8) & 0x7f);
    out[7] = mark & 0xff;
    out[8] = ((out[8] as number) & 0xe0) | ((counter >> 23) & 0x1f);
    out[9] = 0x80 | ((counter >> 16) & 0x7f);
    out[10] = (counter >> 8) & 0xff;
    out[11] = counter & 0xff;
    return true;
  }
}

/** What an IV of ours says. */
export interface IvParts {
  /** The random bits: which session of a sender. */
  session: number;
  mark: number;
  counter: number;
}

/** null for an IV that none of ours can be. Other makers' IVs pass by chance, so the mark has to be looked at. */
export function readIv(iv: Uint8Array): IvParts | null {
  const byte = (i: number) => iv[i] as number;
  if (iv.length !== IV_BYTES || (byte(0) & byte(3) & byte(6) & byte(9) & 0x80) === 0) return null;
  const high = ((byte(0) & 0x7f) << 16) | (byte(1) << 8) | byte(2);
  const low = ((byte(3) & 0x7f) << 19) | (byte(4) << 11) | (byte(5) << 3) | (byte(8) >> 5);
  return {
    session: high * 2 ** 26 + low,
    mark: ((byte(6) & 0x7f) << 8) | byte(7),
    counter: ((byte(8) & 0x1f) << 23) | ((byte(9) & 0x7f) << 16) | (byte(10) << 8) | byte(11),
  };
}

/** 0 for everybody under a key that marks nobody. */
export async function markOf(key: FrameKey, identity: string): Promise<number> {
  if (!key.marks) return 0;
  const digest = new Uint8Array(await crypto.subtle.sign('HMAC', key.marks, new TextEncoder().encode(identity)));
  return ((digest[0] as number) << 7) | ((digest[1] as number) >> 1);
}

/** A sender's own mark, worked out once for each key. */
export class Marker {
  readonly #identity: string;
  #key: FrameKey | null = null;
  #mark = 0;

  constructor(identity: string) {
    this.#identity = identity;
  }

  async under(key: FrameKey): Promise<number> {
    if (key !== this.#key) {
      const mark = await markOf(key, this.#identity);
      this.#key = key;
      this.#mark = mark;
      return mark;
    }
    return this.#mark;
  }
}
