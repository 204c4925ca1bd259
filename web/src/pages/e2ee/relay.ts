// SPDX-License-Identifier: Apache-2.0
// One frame's way from Client A over the server to Client B, with the code that meetings use (src/e2ee). The key is made here,
// for the demonstration, and never leaves.
import { deriveRoom } from '../../e2ee/derive';
import { type Column, fingerprint } from '../../e2ee/fingerprint';
import { decryptFrame, encryptFrame, readFrame } from '../../e2ee/frame';
import { IvSource, markOf } from '../../e2ee/iv';
import { makeKey, wipe } from '../../e2ee/key';
import { type Bytes, type Codec, type FrameKind, IV_BYTES, type OpenReason, type SealReason } from '../../e2ee/types';

export interface Parcel {
  frame: Bytes;
  kind: FrameKind;
  codec: Codec;
  encrypted: boolean;
  /** One bit is turned around on the way. */
  flip: boolean;
}

export interface Journey {
  /** What the server gets. */
  wire: Bytes;
  /** How many bytes at its start are clear; all of a frame that is not encrypted. */
  clear: number;
  /** Which bit was turned around: the byte's place. */
  flipped: number | null;
  /** What Client B has, or why it dropped the frame. */
  received: Bytes | OpenReason;
}

export interface Relay {
  fingerprint: readonly Column[];
  send(parcel: Parcel): Promise<Journey | SealReason>;
}

export async function makeRelay(): Promise<Relay> {
  const raw = makeKey();
  const columns = await fingerprint(raw);
  const frames = await deriveRoom(raw, 128);
  wipe(raw);
  const mark = await markOf(frames, 'client-a');
  const { aes: key } = frames;
  const ivs = new IvSource();

  const seal = async ({ frame, kind, codec, encrypted }: Parcel): Promise<Bytes | SealReason> => {
    if (!encrypted) return frame.slice();
    const iv = new Uint8Array(IV_BYTES);
    return ivs.next(mark, iv) ? encryptFrame(frame, { kind, codec, key, index: 0, iv }) : 'exhausted';
  };
  const open = ({ kind, codec, encrypted }: Parcel, wire: Bytes): Promise<Bytes | OpenReason> | Bytes =>
    encrypted ? decryptFrame(wire, { kind, codec, keyAt: () => key }) : wire;

  return {
    fingerprint: columns,
    async send(parcel) {
      const wire = await seal(parcel);
      if (typeof wire === 'string') return wire;
      const parts = parcel.encrypted ? readFrame(wire, parcel.kind, parcel.codec) : null;
      const clear = parts === null || typeof parts === 'string' ? wire.length : parts.head.length;
      const flipped = parcel.flip ? Math.min(wire.length - 1, (parcel.encrypted ? clear : 0) + 3) : null;
      if (flipped !== null) wire[flipped] = (wire[flipped] ?? 0) ^ 0x10;
      return { wire, clear, flipped, received: await open(parcel, wire) };
    },
  };
}
