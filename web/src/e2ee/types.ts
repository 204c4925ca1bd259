// SPDX-License-Identifier: Apache-2.0
// The words of this library. Everything here is pure: bytes, keys and times come in as arguments, nothing touches the page,
// the network, a clock or a worker's globals. WebCrypto and its random numbers are the only things used from outside.
//
// Results have no wrapper: a function gives the bytes, or one of the words below that says why there are none.

/** A buffer of our own: WebCrypto takes no shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Length of the AES key. 128 is what every LiveKit SDK can do; 256 is for browsers and libbedrud only. */
export type KeyBits = 128 | 256;

export type Media = 'audio' | 'video';

/** What the transform says about a frame; it decides how many bytes stay clear. */
export type FrameKind = 'audio' | 'key' | 'delta';

/** `unknown` is for browsers that do not say: senders refuse it, receivers find the layout from the bytes. */
export type Codec = 'opus' | 'vp8' | 'vp9' | 'h264' | 'h265' | 'av1' | 'unknown';

/** Why a frame or packet was not sent. */
export type SealReason =
  | 'no-key' // no sending key is set
  | 'codec' // AV1, or a video codec that nobody named
  | 'short' // shorter than the bytes that stay clear
  | 'large' // longer than MAX_FRAME or MAX_PACKET
  | 'ambiguous' // a receiver would look for the encrypted part at another place
  | 'exhausted' // this sender has used all its IVs
  | 'internal'; // WebCrypto failed

/** Why a received frame or packet was not played. */
export type OpenReason =
  | 'empty' // no bytes
  | 'short' // cannot hold a tag, an IV and a trailer
  | 'large' // longer than MAX_FRAME or MAX_PACKET
  | 'codec' // AV1
  | 'injected' // ends in the server's own mark
  | 'bad-trailer' // the IV's length is not 12: not one of ours, most likely clear
  | 'no-key' // no key at this index
  | 'auth' // another key, or altered bytes
  | 'replay' // seen before, or too old to know
  | 'sender' // made by somebody else than the person it is said to come from
  | 'internal'; // WebCrypto failed

/** The part of an encoded frame that both RTCRtpScriptTransform and createEncodedStreams provide. */
export interface EncodedFrame {
  data: ArrayBuffer;
  /** Video only: key, delta or empty. */
  readonly type?: string;
  getMetadata(): { mimeType?: string; payloadType?: number };
}

/** What a key becomes: the AES key for frames and packets, and the key that marks senders (null: senders are not marked). */
export interface FrameKey {
  readonly aes: CryptoKey;
  readonly marks: CryptoKey | null;
}

/** Counters of one track, for the lock and the security panel. Times are those given to seal and open. */
export interface Health<Reason extends string> {
  /** Frames encrypted, or decrypted and authenticated. */
  ok: number;
  lastOkMs: number;
  dropped: Partial<Record<Reason, number>>;
  lastDropMs: number;
  lastReason: Reason | null;
}

/** Fixed in the format. */
export const TAG_BYTES = 16;
export const IV_BYTES = 12;
export const TRAILER_BYTES = TAG_BYTES + IV_BYTES + 2;

/** The largest frame we touch: a 4K key frame at its very worst is a few MB. */
export const MAX_FRAME = 16 * 1024 * 1024;
/** The largest data packet: SDKs refuse to send more than 64 KiB. */
export const MAX_PACKET = 256 * 1024;
