// SPDX-License-Identifier: Apache-2.0
// Data packets: chat, streams, calls, files. LiveKit's SDKs hand over an EncryptedPacketPayload, which is bytes to us, and
// send { iv, key index, AES-GCM(payload) | tag } with no additional data, under the same keys as media.
//
// Who sent a packet, and in which order, has to be inside what is authenticated, since the server writes the sender's name
// and the sequence number beside it. There is no field for that which other SDKs would pass over, but the IV is
// authenticated, and any 12 bytes are welcome to them. So packets carry ours (iv.ts): a mark of the sender and a counter.
//   - A packet of ours that is said to come from somebody else is refused; so is one that came before, from anybody.
//   - Its `order` tells the receiver when the server dropped or reordered packets of one sender's session.
//   - Of packets from other makers' SDKs only exact repeats are found, among the last 16,384: their IVs start with a number
//     drawn anew for each packet and have no order. What is shown from them should carry an id of its own in its payload.
//   - The destination is not authenticated: a server may deliver a packet to people it was not meant for. All of them have
//     the key. What must reach one person only has to say so inside.
import { isRefusal } from './frame';
import { type IvSource, Marker, readIv } from './iv';
import { Counts } from './pipeline';
import { ReplayGuard } from './replay';
import type { KeyRing } from './ring';
import { admit, type Senders } from './senders';
import { type Bytes, type FrameKey, IV_BYTES, MAX_PACKET, type OpenReason, type SealReason, TAG_BYTES } from './types';

export interface SealedPacket {
  /** Ciphertext and tag. */
  payload: Bytes;
  iv: Bytes;
  keyIndex: number;
}

export async function encryptPacket(plain: Bytes, key: CryptoKey, iv: Bytes): Promise<Bytes | 'internal'> {
  try {
    return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain));
  } catch {
    return 'internal';
  }
}

export async function decryptPacket(payload: Bytes, key: CryptoKey, iv: Bytes): Promise<Bytes | OpenReason> {
  if (iv.length !== IV_BYTES) return 'bad-trailer';
  if (payload.length < TAG_BYTES) return 'short';
  if (payload.length > MAX_PACKET + TAG_BYTES) return 'large';
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, payload));
  } catch (error) {
    return isRefusal(error) ? 'auth' : 'internal';
  }
}

export interface PacketSealerOptions {
  /** Who sends: our own identity, as the others see it. */
  identity: string;
  ring: KeyRing;
  /** Another source than that of media: files would use up the media's window. */
  ivs: IvSource;
}

export class PacketSealer {
  readonly health = new Counts<SealReason>();
  readonly #options: PacketSealerOptions;
  readonly #marker: Marker;

  constructor(options: PacketSealerOptions) {
    this.#options = options;
    this.#marker = new Marker(options.identity);
  }

  /** It never throws, and never gives the bytes back as they came. */
  async seal(plain: Bytes, nowMs: number): Promise<SealedPacket | SealReason> {
    let result: SealedPacket | SealReason;
    try {
      result = await this.#seal(plain);
    } catch {
      result = 'internal';
    }
    if (typeof result === 'string') this.health.refused(result, nowMs);
    else this.health.passed(nowMs);
    return result;
  }

  async #seal(plain: Bytes): Promise<SealedPacket | SealReason> {
    const sending = this.#options.ring.sending();
    if (!sending) return 'no-key';
    if (plain.length > MAX_PACKET) return 'large';
    const mark = await this.#marker.under(sending.key);
    const iv = new Uint8Array(IV_BYTES);
    if (!this.#options.ivs.next(mark, iv)) return 'exhausted';
    const payload = await encryptPacket(plain, sending.key.aes, iv);
    return payload === 'internal' ? payload : { payload, iv, keyIndex: sending.index };
  }
}

export interface OpenedPacket {
  data: Bytes;
  /** The person named by the server is the one who made it. */
  verified: boolean;
  /** Counts the packets of a sender's session from 0; null when unverified. */
  order: number | null;
}

export interface PacketOpenerOptions {
  /** A person's ring, or the one that everybody has. */
  ringOf(identity: string): KeyRing;
  senders: Senders;
}

/** IVs of other makers' packets that are remembered, 32 bytes each. */
const RECENT = 16_384;

export class PacketOpener {
  readonly health = new Counts<OpenReason>();
  readonly #options: PacketOpenerOptions;
  readonly #guard = new PacketGuard();

  constructor(options: PacketOpenerOptions) {
    this.#options = options;
  }

  /** It never throws. `identity` is whom the server names as the sender. */
  async open(packet: SealedPacket, identity: string, nowMs: number): Promise<OpenedPacket | OpenReason> {
    let result: OpenedPacket | OpenReason;
    try {
      result = await this.#open(packet, identity, nowMs);
    } catch {
      result = 'internal';
    }
    if (typeof result === 'string') this.health.refused(result, nowMs);
    else this.health.passed(nowMs);
    return result;
  }

  /** A key is gone, see ReplayGuard. */
  forget(key: FrameKey): void {
    this.#guard.forget(key);
  }

  async #open({ payload, iv, keyIndex }: SealedPacket, identity: string, nowMs: number): Promise<OpenedPacket | OpenReason> {
    const { ringOf, senders } = this.#options;
    const key = ringOf(identity).get(keyIndex, nowMs);
    if (!key) return 'no-key';
    const data = await decryptPacket(payload, key.aes, iv);
    if (typeof data === 'string') return data;
    senders.add(identity);
    const origin = await admit(iv, key, identity, senders, this.#guard);
    if (origin === 'replay' || origin === 'sender') return origin;
    const verified = origin === 'verified';
    return { data, verified, order: verified ? (readIv(iv)?.counter ?? null) : null };
  }
}

/** Packets of ours have a window as frames have; other makers' are compared with those that came lately. */
class PacketGuard extends ReplayGuard {
  readonly #recent = new Set<string>();

  override commit(iv: Uint8Array, own: boolean, key: FrameKey): boolean {
    if (own) return super.commit(iv, own, key);
    const name = String.fromCharCode(...iv);
    if (this.#recent.has(name)) return false;
    this.#recent.add(name);
    const [eldest] = this.#recent;
    if (this.#recent.size > RECENT && eldest !== undefined) this.#recent.delete(eldest);
    return true;
  }
}
