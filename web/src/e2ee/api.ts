// SPDX-License-Identifier: Apache-2.0
// The shapes of the classes that this library offers to the worker: KeyRing (ring.ts), Senders (senders.ts), IvSource
// (iv.ts), ReplayGuard (replay.ts), FrameSealer and FrameOpener (pipeline.ts), PacketSealer and PacketOpener (packet.ts).
import type { Bytes, Codec, EncodedFrame, FrameKey, Health, OpenReason, SealReason } from './types';

/** new KeyRing(size = 16). One for all participants, or one for each. Indexes are 0 to size - 1. */
export interface KeyRingApi {
  readonly size: number;
  /** Puts a key at an index, for receiving. What was there before is erased. */
  set(index: number, key: FrameKey): void;
  /** From now on frames are sent under this index, which must hold a key. */
  use(index: number): void;
  /** The key at this index still decrypts until `deadlineMs`, then it is erased; it is no longer sent with. */
  retire(index: number, deadlineMs: number): void;
  erase(index: number): void;
  clear(): void;
  /** The key to send with. */
  sending(): { readonly index: number; readonly key: FrameKey } | null;
  /** The key to receive with; a retired one whose time is over is erased here and not given out. */
  get(index: number, nowMs: number): FrameKey | null;
  /** Erases what is due; call it from a timer. Gives the erased indexes. */
  expire(nowMs: number): number[];
}

/** new Senders(): who is in the room. It knows each person's mark under each key. */
export interface SendersApi {
  /** A person may send from now on. Told again of a person that was forgotten, it starts anew. */
  add(identity: string): void;
  remove(identity: string): void;
}

/** new IvSource(): one for all media of a worker, one for all its data packets. */
export interface IvSourceApi {
  /** Writes the next IV; false when there are none left. */
  next(mark: number, out: Bytes): boolean;
}

/** new FrameSealer({ media, identity, ring, ivs, codec }) */
export interface FrameSealerApi {
  readonly health: Health<SealReason>;
  setCodec(codec: Codec): void;
  /** For browsers whose frames name a payload type only. */
  setPayloadTypes(types: ReadonlyMap<number, Codec>): void;
  /** Encrypts in place. Only a frame for which this gave true may go on. It never throws. */
  seal(frame: EncodedFrame, nowMs: number): Promise<boolean>;
}

/** new FrameOpener({ media, identity, ring, senders, guard, codec }) */
export interface FrameOpenerApi {
  readonly health: Health<OpenReason>;
  /** Frames carry the mark of the person they are said to come from; false for other makers' clients. */
  readonly verified: boolean;
  setCodec(codec: Codec): void;
  setPayloadTypes(types: ReadonlyMap<number, Codec>): void;
  /** Decrypts in place. Only a frame for which this gave true may go on. It never throws. */
  open(frame: EncodedFrame, nowMs: number): Promise<boolean>;
}

export interface SealedPacket {
  payload: Bytes;
  iv: Bytes;
  keyIndex: number;
}

export interface OpenedPacket {
  data: Bytes;
  /** The sender named by the server is the one who made it. */
  verified: boolean;
  /** Grows with each packet of a sender's session; null when unverified. */
  order: number | null;
}

/** new PacketSealer({ identity, ring, ivs }) */
export interface PacketSealerApi {
  readonly health: Health<SealReason>;
  seal(plain: Bytes, nowMs: number): Promise<SealedPacket | SealReason>;
}

/** new PacketOpener({ ring(identity), senders, guard }) */
export interface PacketOpenerApi {
  readonly health: Health<OpenReason>;
  open(packet: SealedPacket, identity: string, nowMs: number): Promise<OpenedPacket | OpenReason>;
}
