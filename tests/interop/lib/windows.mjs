// SPDX-License-Identifier: Apache-2.0
// Looks for pieces of one set of bytes in another: every 16 bytes of the needles, at every place of the hay.

export const WINDOW = 16;
const BUCKETS = 1 << 20;

const bucket = (bytes, at) => (Math.imul(bytes.readInt32LE(at), 0x9e3779b1) >>> 12) & (BUCKETS - 1);

/** Places of a buffer by their first four bytes. */
class Index {
  #head = new Int32Array(BUCKETS).fill(-1);
  #next;

  constructor(hay) {
    this.hay = hay;
    this.#next = new Int32Array(hay.length);
    for (let at = 0; at + WINDOW <= hay.length; at++) {
      const b = bucket(hay, at);
      this.#next[at] = this.#head[b];
      this.#head[b] = at;
    }
  }

  has(bytes, from) {
    for (let at = this.#head[bucket(bytes, from)]; at >= 0; at = this.#next[at]) {
      if (this.hay.compare(bytes, from, from + WINDOW, at, at + WINDOW) === 0) return true;
    }
    return false;
  }
}

/** @returns how many windows the needles have, and how many of them are in the hay */
export function findWindows(needles, hay) {
  const index = new Index(hay);
  const seen = { windows: 0, found: 0 };
  for (const needle of needles) {
    for (let at = 0; at + WINDOW <= needle.length; at++) {
      seen.windows++;
      if (index.has(needle, at)) seen.found++;
    }
  }
  return seen;
}
