// SPDX-License-Identifier: Apache-2.0
// H.264 and H.265 frames are NAL units with start codes (00 00 01) in between, and three things follow from that:
//   - The SFU and the depacketizer read the headers up to the first slice, so these stay clear.
//   - Depacketizers rebuild start codes in the four-byte form. Clear bytes are authenticated, so the sender writes that form.
//   - Encrypted bytes may contain a start code by chance. They are escaped as the standards do it: a 03 goes in front of any
//     byte up to 03 that follows two zeros. The escape run begins anew behind the clear bytes.
import type { Bytes } from './types';

function isH264Slice(header: number): boolean {
  const type = header & 0x1f;
  return type === 1 || type === 5;
}

function isH265Slice(header: number): boolean {
  const type = (header >> 1) & 0x3f;
  return type <= 9 || (type >= 16 && type <= 21);
}

/**
 * Index of the header of the first slice, or -1. Whether a frame is H.264 or H.265 is read from its bytes, as LiveKit's SDKs
 * do: H.264 if any unit looks like a slice of it. Units in the last three bytes are not seen.
 */
export function firstSlice(data: Uint8Array): number {
  const end = data.length - 3;
  let h265 = -1;
  let isFirst = true;
  let at = 0;
  while (at < end) {
    const third = data[at + 2] as number;
    if (third > 1) {
      at += 3; // no start code begins at any of these
    } else if (third === 1 && data[at] === 0 && data[at + 1] === 0) {
      if (isFirst && !isZero(data, at)) return -1;
      isFirst = false;
      at += 3;
      const header = data[at] as number;
      if (at < end && isH264Slice(header)) return at;
      if (at < end && h265 < 0 && isH265Slice(header)) h265 = at;
    } else {
      at++;
    }
  }
  return h265;
}

function isZero(data: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (data[i] !== 0) return false;
  return true;
}

function isShortStartCode(head: Uint8Array, at: number): boolean {
  if (at + 2 >= head.length || head[at] !== 0 || head[at + 1] !== 0 || head[at + 2] !== 1) return false;
  return at === 0 || head[at - 1] !== 0;
}

/** The clear bytes with start codes of four bytes; the same array when they are so already. */
export function withLongStartCodes(head: Bytes): Bytes {
  let missing = 0;
  for (let i = 0; i < head.length; i++) if (isShortStartCode(head, i)) missing++;
  if (missing === 0) return head;
  const out = new Uint8Array(head.length + missing);
  let at = 0;
  for (let i = 0; i < head.length; i++) {
    if (isShortStartCode(head, i)) out[at++] = 0;
    out[at++] = head[i] as number;
  }
  return out;
}

/** Index of the next 00 00 0x, x up to 3, at or behind `from`, or -1. */
function nextLow(run: Uint8Array, from: number): number {
  const end = run.length - 2;
  let at = from;
  while (at < end) {
    if ((run[at + 2] as number) > 3) at += 3;
    else if (run[at + 1] !== 0) at += 2;
    else if (run[at] !== 0) at++;
    else return at;
  }
  return -1;
}

/** `head`, and behind it `run` with escape bytes. */
export function joinEscaped(head: Bytes, run: Bytes): Bytes {
  let escapes = 0;
  for (let i = nextLow(run, 0); i >= 0; i = nextLow(run, i + 2)) escapes++;
  const out = new Uint8Array(head.length + run.length + escapes);
  out.set(head);
  let from = 0;
  let at = head.length;
  for (let i = nextLow(run, 0); i >= 0; i = nextLow(run, i + 2)) {
    out.set(run.subarray(from, i + 2), at);
    at += i + 2 - from;
    out[at++] = 3;
    from = i + 2;
  }
  out.set(run.subarray(from), at);
  return out;
}

/** The run without its escape bytes; the same array when it has none. */
export function withoutEscapes(run: Bytes): Bytes {
  let escapes = 0;
  for (let i = nextEscape(run, 0); i >= 0; i = nextEscape(run, i + 3)) escapes++;
  if (escapes === 0) return run;
  const out = new Uint8Array(run.length - escapes);
  let from = 0;
  let at = 0;
  for (let i = nextEscape(run, 0); i >= 0; i = nextEscape(run, i + 3)) {
    out.set(run.subarray(from, i + 2), at);
    at += i + 2 - from;
    from = i + 3;
  }
  out.set(run.subarray(from), at);
  return out;
}

/** Index of the next 00 00 03 at or behind `from`, or -1. */
function nextEscape(run: Uint8Array, from: number): number {
  const end = run.length - 2;
  let at = from;
  while (at < end) {
    const third = run[at + 2] as number;
    if (third === 3 && run[at] === 0 && run[at + 1] === 0) return at;
    at += third === 0 ? 1 : 3;
  }
  return -1;
}
