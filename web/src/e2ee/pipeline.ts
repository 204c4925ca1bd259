// SPDX-License-Identifier: Apache-2.0
// One track's way through encryption: a FrameSealer behind each sender, a FrameOpener before each receiver. They are given
// frames by an RTCRtpScriptTransform or by streams of createEncodedStreams, and say of each whether it may go on. Everything
// else - no key, no codec, an error nobody thought of - means that it may not. Nothing here can let a frame pass as it came.
import { codecOf } from './codec';
import { encryptFrame, openFrame, readFrame } from './frame';
import { type IvSource, Marker } from './iv';
import type { ReplayGuard } from './replay';
import type { KeyRing } from './ring';
import { admit, type Senders } from './senders';
import { isInjected, withoutMetadata } from './sif';
import {
  type Bytes,
  type Codec,
  type EncodedFrame,
  type FrameKind,
  type Health,
  IV_BYTES,
  type Media,
  type OpenReason,
  type SealReason,
} from './types';

/** What counts and remembers the results of one track, or of all packets. */
export class Counts<Reason extends string> implements Health<Reason> {
  ok = 0;
  lastOkMs = -Infinity;
  readonly dropped: Partial<Record<Reason, number>> = {};
  lastDropMs = -Infinity;
  lastReason: Reason | null = null;

  passed(nowMs: number): true {
    this.ok++;
    this.lastOkMs = nowMs;
    return true;
  }

  refused(reason: Reason, nowMs: number): false {
    this.dropped[reason] = (this.dropped[reason] ?? 0) + 1;
    this.lastDropMs = nowMs;
    this.lastReason = reason;
    return false;
  }
}

/** Finds out a frame's codec: from itself, from its payload type, or from what the page said. */
class CodecFinder {
  readonly #media: Media;
  #codec: Codec;
  #types: ReadonlyMap<number, Codec> = new Map();

  constructor(media: Media, codec: Codec) {
    this.#media = media;
    this.#codec = codec;
  }

  setCodec(codec: Codec): void {
    this.#codec = codec;
  }

  setPayloadTypes(types: ReadonlyMap<number, Codec>): void {
    this.#types = types;
  }

  codecOf(frame: EncodedFrame): Codec {
    if (this.#media === 'audio') return 'opus';
    const { mimeType, payloadType } = frame.getMetadata();
    if (mimeType) return codecOf(mimeType);
    return (payloadType === undefined ? undefined : this.#types.get(payloadType)) ?? this.#codec;
  }

  /** null for a video frame that is neither key nor delta. */
  kindOf(frame: EncodedFrame): FrameKind | null {
    if (this.#media === 'audio') return 'audio';
    return frame.type === 'key' || frame.type === 'delta' ? frame.type : null;
  }
}

/** So often a frame is tried anew under another IV when it would be ambiguous. */
const TRIES = 4;

export interface SealerOptions {
  media: Media;
  /** Who sends: our own identity, as the others see it. */
  identity: string;
  ring: KeyRing;
  /** Shared by all sealers of this worker. */
  ivs: IvSource;
  codec?: Codec;
}

export class FrameSealer {
  readonly health = new Counts<SealReason>();
  readonly #options: SealerOptions;
  readonly #codecs: CodecFinder;
  readonly #marker: Marker;
  readonly #iv: Bytes = new Uint8Array(IV_BYTES);

  constructor(options: SealerOptions) {
    this.#options = options;
    this.#codecs = new CodecFinder(options.media, options.codec ?? 'unknown');
    this.#marker = new Marker(options.identity);
  }

  setCodec(codec: Codec): void {
    this.#codecs.setCodec(codec);
  }

  /** For browsers whose frames name a payload type only. */
  setPayloadTypes(types: ReadonlyMap<number, Codec>): void {
    this.#codecs.setPayloadTypes(types);
  }

  /** Encrypts in place. Only a frame for which this gave true may go on. It never throws. */
  async seal(frame: EncodedFrame, nowMs: number): Promise<boolean> {
    try {
      const sealed = await this.#seal(frame);
      if (typeof sealed === 'string') return this.health.refused(sealed, nowMs);
      frame.data = sealed.buffer;
      return sealed.length === 0 || this.health.passed(nowMs);
    } catch {
      return this.health.refused('internal', nowMs);
    }
  }

  async #seal(frame: EncodedFrame): Promise<Bytes | SealReason> {
    const sending = this.#options.ring.sending();
    if (!sending) return 'no-key';
    const data = new Uint8Array(frame.data);
    if (data.length === 0) return data;
    const kind = this.#codecs.kindOf(frame);
    const codec = this.#codecs.codecOf(frame);
    if (!kind || codec === 'unknown') return 'codec';
    const { key, index } = sending;
    const mark = await this.#marker.under(key);
    let result: Bytes | SealReason = 'internal';
    for (let i = 0; i < TRIES; i++) {
      if (!this.#options.ivs.next(mark, this.#iv)) return 'exhausted';
      result = await encryptFrame(data, { kind, codec, key: key.aes, index, iv: this.#iv });
      if (result !== 'ambiguous') return result;
    }
    return result;
  }
}

export interface OpenerOptions {
  media: Media;
  /** Whose frames these are said to be. */
  identity: string;
  /** This person's ring, or the one that everybody has. */
  ring: KeyRing;
  /** Shared by all openers of this worker, as is the guard. */
  senders: Senders;
  guard: ReplayGuard;
  codec?: Codec;
  /** The track is said to carry frame metadata behind the encrypted frame. */
  metadata?: boolean;
}

export class FrameOpener {
  readonly health = new Counts<OpenReason>();
  readonly #options: OpenerOptions;
  readonly #codecs: CodecFinder;
  #injectedMark: Bytes | null = null;
  #verified = false;
  #lastIndex = 0;

  constructor(options: OpenerOptions) {
    this.#options = options;
    this.#codecs = new CodecFinder(options.media, options.codec ?? 'unknown');
    options.senders.add(options.identity);
  }

  /** The last frame that was opened carried the mark of the person it is said to come from. */
  get verified(): boolean {
    return this.#verified;
  }

  /** The key index of the last frame that was opened. */
  get lastIndex(): number {
    return this.#lastIndex;
  }

  setCodec(codec: Codec): void {
    this.#codecs.setCodec(codec);
  }

  setPayloadTypes(types: ReadonlyMap<number, Codec>): void {
    this.#codecs.setPayloadTypes(types);
  }

  /** JoinResponse.sif_trailer, so that the server's own frames are counted under their name. They are dropped with or without. */
  setInjectedMark(mark: Bytes): void {
    this.#injectedMark = mark;
  }

  /** Decrypts in place. Only a frame for which this gave true may go on. It never throws. */
  async open(frame: EncodedFrame, nowMs: number): Promise<boolean> {
    try {
      const plain = await this.#open(frame, nowMs);
      if (typeof plain === 'string') return this.health.refused(plain, nowMs);
      frame.data = plain.buffer;
      return this.health.passed(nowMs);
    } catch {
      return this.health.refused('internal', nowMs);
    }
  }

  async #open(frame: EncodedFrame, nowMs: number): Promise<Bytes | OpenReason> {
    const given = new Uint8Array(frame.data);
    if (given.length === 0) return 'empty';
    if (isInjected(given, this.#injectedMark)) return 'injected';
    const data = this.#options.metadata ? withoutMetadata(given) : given;
    const kind = this.#codecs.kindOf(frame);
    if (!kind) return 'codec';
    const sealed = readFrame(data, kind, this.#codecs.codecOf(frame));
    if (typeof sealed === 'string') return sealed;
    const { identity, ring, senders, guard } = this.#options;
    const key = ring.get(sealed.index, nowMs);
    if (!key) return 'no-key';
    const plain = await openFrame(sealed, key.aes);
    if (typeof plain === 'string') return plain;
    const origin = await admit(sealed.iv, key, identity, senders, guard);
    if (origin === 'replay' || origin === 'sender') return origin;
    this.#verified = origin === 'verified';
    this.#lastIndex = sealed.index;
    return plain;
  }
}
