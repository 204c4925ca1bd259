// SPDX-License-Identifier: Apache-2.0
// How many bytes at the start of a frame stay clear, by codec. The SFU and the browser's own packetizer need them, and they
// are authenticated together with the rest.
//
//   audio        1       Opus: the byte that says mode and frame length
//   VP8          10, 3   key frame: tag, start code, size; delta frame: tag
//   VP9          0       what the SFU needs is outside the frame
//   H.264, H.265         up to and with the first slice's header and one byte more; the rest is escaped
//   AV1          -       refused: its packetizer parses the whole frame and rewrites it
//
// Anything else, and H.26x frames without a slice, follow VP8's rule: that is what LiveKit's SDKs do.
import { firstSlice } from './h26x';
import type { Codec, FrameKind } from './types';

export interface Layout {
  clear: number;
  /** What follows the clear bytes is escaped. */
  escaped: boolean;
}

const AUDIO: Layout = { clear: 1, escaped: false };
const VP8_KEY: Layout = { clear: 10, escaped: false };
const VP8_DELTA: Layout = { clear: 3, escaped: false };
const VP9: Layout = { clear: 0, escaped: false };

/** null for AV1. */
export function layoutOf(kind: FrameKind, codec: Codec, data: Uint8Array): Layout | null {
  if (kind === 'audio') return AUDIO;
  if (codec === 'av1') return null;
  if (codec === 'vp9') return VP9;
  if (isLaidOutByBytes(kind, codec)) {
    const slice = firstSlice(data);
    if (slice >= 0) return { clear: slice + 2, escaped: true };
  }
  return kind === 'key' ? VP8_KEY : VP8_DELTA;
}

/** True when the layout depends on what is in the frame, so that encrypted bytes could change it. */
export function isLaidOutByBytes(kind: FrameKind, codec: Codec): boolean {
  return kind !== 'audio' && (codec === 'h264' || codec === 'h265' || codec === 'unknown');
}

/** From a MIME type as SDP and frame metadata write it. */
export function codecOf(mimeType: string): Codec {
  const name = mimeType.slice(mimeType.indexOf('/') + 1).split(';', 1)[0]?.trim().toLowerCase();
  switch (name) {
    case 'opus':
    case 'vp8':
    case 'vp9':
    case 'h264':
    case 'h265':
    case 'av1':
      return name;
    default:
      return 'unknown';
  }
}
