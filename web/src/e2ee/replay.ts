// SPDX-License-Identifier: Apache-2.0
// A frame is played once. The SFU rewrites SSRC, sequence number and timestamp, so the one thing that tells frames apart is
// the IV. It orders them too, in two ways:
//
//   own      (iv.ts)  stream = the sender's session           place = counter
//   foreign  LiveKit  stream = SSRC (bytes 0-3)               place = RTP timestamp (4-7), then frame counter mod 65535,
//                                                                     which is bytes 4-7 minus bytes 8-11
//
// For each stream the last 1,024 places are remembered. A frame whose place is among them, or before all of them, is refused.
// One guard serves all tracks of a receiver: a frame cannot be played again on another track, of another person, or on a
// track that was closed and opened anew. A frame enters the window after it authenticated, so nobody without the key can move it.
//
// What this cannot do: tell a receiver that came late, and holds an empty window, that a frame is old; the key is the only
// bound on that. Foreign timestamps wrap after 13 h (video) or 24 h (audio), and what is more than half of that old looks
// new: a key that is used with clients of other makers is to be replaced every 6 hours.
import { readIv } from './iv';
import type { FrameKey } from './types';

export const WINDOW = 1024;
/** Streams with a window at a time, 8 KiB each. Beyond, the one unused for longest keeps only its highest place. */
export const MOST_WINDOWS = 256;
/** Beyond, nothing new is taken. Only holders of the key can make streams. */
export const MOST_STREAMS = 16_384;

/** The highest places of a stream, in order. Frames come nearly in order, so all but a few steps happen at its end. */
class Window {
  readonly #places = new Float64Array(WINDOW);
  #first = 0;
  #count = 0;

  #at(i: number): number {
    return (this.#first + i) & (WINDOW - 1);
  }

  /** How many places are below `place`. */
  #below(place: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#places[this.#at(middle)] as number) < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  has(place: number): boolean {
    const below = this.#below(place);
    if (below === 0 && this.#count === WINDOW) return true;
    return below < this.#count && this.#places[this.#at(below)] === place;
  }

  /** Only for a place that the window does not have. */
  add(place: number): void {
    if (this.#count === WINDOW) {
      this.#first = this.#at(1);
      this.#count--;
    }
    let i = this.#count++;
    for (; i > 0; i--) {
      const before = this.#places[this.#at(i - 1)] as number;
      if (before < place) break;
      this.#places[this.#at(i)] = before;
    }
    this.#places[this.#at(i)] = place;
  }
}

interface Stream {
  window: Window | null;
  /** The highest place. */
  top: number;
  /** Nothing up to here is taken: the top at the time when an earlier window was given up. */
  floor: number;
  /** When it was last used, in commits. */
  used: number;
  key: FrameKey;
}

function has(stream: Stream, place: number): boolean {
  return place <= stream.floor || (stream.window?.has(place) ?? false);
}

function word(iv: Uint8Array, at: number): number {
  return new DataView(iv.buffer, iv.byteOffset).getUint32(at);
}

function streamOf(iv: Uint8Array, own: boolean): number {
  return own ? (readIv(iv)?.session ?? 0) : word(iv, 0);
}

/** A foreign timestamp is continued from the highest one, to whichever side is nearer. */
function placeOf(iv: Uint8Array, own: boolean, top: number): number {
  if (own) return readIv(iv)?.counter ?? 0;
  const timestamp = word(iv, 4);
  const counter = (timestamp - word(iv, 8)) & 0xffff;
  if (top === -Infinity) return timestamp * COUNTERS + counter;
  const highest = Math.floor(top / COUNTERS);
  return (highest + ((timestamp - highest) | 0)) * COUNTERS + counter;
}

/** Room for a frame counter below a timestamp. */
const COUNTERS = 65_536;

export class ReplayGuard {
  readonly #own = new Map<number, Stream>();
  readonly #foreign = new Map<number, Stream>();
  #windows = 0;
  #commits = 0;

  /** Notes an authenticated frame; false when it was there already, then it must not be played. */
  commit(iv: Uint8Array, own: boolean, key: FrameKey): boolean {
    const streams = own ? this.#own : this.#foreign;
    const id = streamOf(iv, own);
    let stream = streams.get(id);
    if (!stream) {
      if (this.#isFull()) return false;
      stream = { window: null, top: -Infinity, floor: -Infinity, used: 0, key };
      streams.set(id, stream);
    }
    const place = placeOf(iv, own, stream.top);
    if (has(stream, place)) return false;
    this.#open(stream).add(place);
    stream.top = Math.max(stream.top, place);
    stream.used = ++this.#commits;
    stream.key = key;
    return true;
  }

  /** A key is gone: frames under it cannot come back, so streams that ended with it need not be remembered. */
  forget(key: FrameKey): void {
    for (const streams of [this.#own, this.#foreign]) {
      for (const [id, stream] of streams) {
        if (stream.key !== key) continue;
        if (stream.window) this.#windows--;
        streams.delete(id);
      }
    }
  }

  /** How much is remembered, for tests. */
  get size(): { streams: number; windows: number } {
    return { streams: this.#own.size + this.#foreign.size, windows: this.#windows };
  }

  #isFull(): boolean {
    return this.#own.size + this.#foreign.size >= MOST_STREAMS;
  }

  #open(stream: Stream): Window {
    if (stream.window) return stream.window;
    if (this.#windows >= MOST_WINDOWS) this.#closeOldest();
    this.#windows++;
    stream.window = new Window();
    return stream.window;
  }

  #closeOldest(): void {
    let oldest: Stream | null = null;
    for (const streams of [this.#own, this.#foreign]) {
      for (const stream of streams.values()) {
        if (stream.window && (!oldest || stream.used < oldest.used)) oldest = stream;
      }
    }
    if (!oldest) return;
    oldest.window = null;
    oldest.floor = oldest.top;
    this.#windows--;
  }
}
