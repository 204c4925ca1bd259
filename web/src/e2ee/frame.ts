// SPDX-License-Identifier: Apache-2.0
// One frame, encrypted and decrypted, byte for byte as LiveKit's SDKs do it:
//
//   clear bytes | AES-GCM ciphertext | tag (16) | IV (12) | 0C | key index
//                '------------- escaped for H.264 and H.265 -------------'
//
// The clear bytes are the additional data, nothing else is. The IV travels with the frame, so a receiver needs to know
// nothing about the sender but the key.
import { isLaidOutByBytes, layoutOf } from './codec';
import { joinEscaped, withLongStartCodes, withoutEscapes } from './h26x';
import {
  type Bytes,
  type Codec,
  type FrameKind,
  IV_BYTES,
  MAX_FRAME,
  type OpenReason,
  type SealReason,
  TAG_BYTES,
  TRAILER_BYTES,
} from './types';

export interface Sealing {
  kind: FrameKind;
  codec: Codec;
  key: CryptoKey;
  /** Key index, 0 to 255. */
  index: number;
  /** 12 bytes that were never used with this key before. They are copied at once. */
  iv: Bytes;
}

const NOTHING: Bytes = new Uint8Array(0);

/** An empty frame stays empty: there is nothing to hide, and packetizers have nothing to send. */
export async function encryptFrame(data: Bytes, sealing: Sealing): Promise<Bytes | SealReason> {
  const { kind, codec, key } = sealing;
  if (data.length === 0) return data;
  if (data.length > MAX_FRAME) return 'large';
  const layout = layoutOf(kind, codec, data);
  if (!layout) return 'codec';
  if (data.length < layout.clear) return 'short';
  const given = data.subarray(0, layout.clear);
  const head = layout.escaped ? withLongStartCodes(given) : given;
  const trailer = trailerOf(sealing);
  const body = await encrypt(key, trailer.subarray(0, IV_BYTES), head, data.subarray(layout.clear));
  if (!body) return 'internal';
  const out = layout.escaped ? joinEscaped(head, join(NOTHING, body, trailer)) : join(head, body, trailer);
  return isLaidOutByBytes(kind, codec) && !isLaidOut(out, sealing, head.length, layout.escaped) ? 'ambiguous' : out;
}

async function encrypt(key: CryptoKey, iv: Bytes, head: Bytes, plain: Bytes): Promise<Bytes | null> {
  try {
    return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: head }, key, plain));
  } catch {
    return null;
  }
}

function trailerOf({ iv, index }: Sealing): Bytes {
  const trailer = new Uint8Array(IV_BYTES + 2);
  trailer.set(iv);
  trailer[IV_BYTES] = IV_BYTES;
  trailer[IV_BYTES + 1] = index;
  return trailer;
}

function join(head: Bytes, body: Bytes, trailer: Bytes): Bytes {
  const out = new Uint8Array(head.length + body.length + trailer.length);
  out.set(head);
  out.set(body, head.length);
  out.set(trailer, head.length + body.length);
  return out;
}

/** Whether a receiver will split this frame where it was joined; encrypted bytes can look like a slice in tiny frames. */
function isLaidOut(out: Bytes, { kind, codec }: Sealing, clear: number, escaped: boolean): boolean {
  const layout = layoutOf(kind, codec, out);
  return layout !== null && layout.clear === clear && layout.escaped === escaped;
}

/** An encrypted frame, taken apart but not yet trusted. */
export interface Sealed {
  head: Bytes;
  /** Ciphertext and tag. */
  body: Bytes;
  iv: Bytes;
  index: number;
}

/** The parts are views into `data`, except where escape bytes had to be taken out. */
export function readFrame(data: Bytes, kind: FrameKind, codec: Codec): Sealed | OpenReason {
  if (data.length === 0) return 'empty';
  if (data.length > MAX_FRAME) return 'large';
  const layout = layoutOf(kind, codec, data);
  if (!layout) return 'codec';
  if (data.length < layout.clear + TRAILER_BYTES) return 'short';
  const run = data.subarray(layout.clear);
  const tail = layout.escaped ? withoutEscapes(run) : run;
  if (tail.length < TRAILER_BYTES) return 'short';
  if (tail[tail.length - 2] !== IV_BYTES) return 'bad-trailer';
  const ivAt = tail.length - 2 - IV_BYTES;
  return {
    head: data.subarray(0, layout.clear),
    body: tail.subarray(0, ivAt),
    iv: tail.subarray(ivAt, ivAt + IV_BYTES),
    index: tail[tail.length - 1] as number,
  };
}

export async function openFrame({ head, body, iv }: Sealed, key: CryptoKey): Promise<Bytes | OpenReason> {
  let plain: ArrayBuffer;
  try {
    plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: head }, key, body);
  } catch (error) {
    return isRefusal(error) ? 'auth' : 'internal';
  }
  const out = new Uint8Array(head.length + body.length - TAG_BYTES);
  out.set(head);
  out.set(new Uint8Array(plain), head.length);
  return out;
}

/** WebCrypto's word for a tag that does not fit. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === 'OperationError';
}

export interface Opening {
  kind: FrameKind;
  codec: Codec;
  keyAt(index: number): CryptoKey | null;
}

/** Read and open in one. An empty frame stays empty, as for the sender. */
export async function decryptFrame(data: Bytes, { kind, codec, keyAt }: Opening): Promise<Bytes | OpenReason> {
  const sealed = readFrame(data, kind, codec);
  if (typeof sealed === 'string') return sealed === 'empty' ? data : sealed;
  const key = keyAt(sealed.index);
  return key ? openFrame(sealed, key) : 'no-key';
}
