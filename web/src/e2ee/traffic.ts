// SPDX-License-Identifier: Apache-2.0
// What the worker encrypts and decrypts with: one source of IVs and one replay guard for all of it, who may be heard, and the
// order of data packets.
//
// Reliable packets come in the order in which they were sent, and the server could change it. So a packet that belongs to that
// order says so inside its envelope, by a field that other clients skip, and one that comes after a later one is refused:
//
//   field 1001, varint: 1
//
// Its place is the IV's counter. A server can still leave packets out.
import { IvSource, readIv } from './iv';
import type { Binding, DataCount } from './messages';
import { type OpenedPacket, PacketOpener, PacketSealer, type SealedPacket } from './packet';
import { FrameOpener, FrameSealer } from './pipeline';
import { ReplayGuard } from './replay';
import type { KeyRing } from './ring';
import { Senders } from './senders';
import type { Bytes, FrameKey, OpenReason } from './types';

const ORDERED: readonly number[] = [0xc8, 0x3e, 0x01]; // 1001 << 3 as a varint, 1

export interface Opened {
  data: Bytes;
  identity: string;
  /** Somebody with the key made it under this name; not known of other makers' clients. */
  verified: boolean;
}

export class Traffic {
  readonly senders = new Senders();
  readonly dataCounts: DataCount = { sealed: 0, opened: 0, refused: {} };
  readonly #guard = new ReplayGuard();
  readonly #mediaIvs = new IvSource();
  readonly #dataIvs = new IvSource();
  readonly #opener: PacketOpener;
  #sealer: PacketSealer | null = null;
  /** Encryption may finish in another order than it began; what is posted may not. */
  #sealing: Promise<unknown> = Promise.resolve();
  #lastOf = new Map<string, { session: number; order: number }>();
  #told = 0;
  #lastOpenedMs = -Infinity;

  constructor(
    private readonly ring: KeyRing,
    private readonly nowMs: () => number,
  ) {
    this.#opener = new PacketOpener({ ringOf: (identity) => this.#ringOf(identity), senders: this.senders });
  }

  /** Everybody's ring, until each person has one. */
  #ringOf(_identity: string): KeyRing {
    return this.ring;
  }

  /** Our own mark is known too: what we sent must not come back under another name. */
  setSelf(identity: string): void {
    this.senders.add(identity);
    this.#sealer = new PacketSealer({ identity, ring: this.#ringOf(identity), ivs: this.#dataIvs });
  }

  sealer({ media, identity, codec }: Binding): FrameSealer {
    return new FrameSealer({ media, identity, ring: this.#ringOf(identity), ivs: this.#mediaIvs, codec });
  }

  opener({ media, identity, codec }: Binding): FrameOpener {
    const [senders, guard] = [this.senders, this.#guard];
    return new FrameOpener({ media, identity, ring: this.#ringOf(identity), senders, guard, codec });
  }

  /** When a packet was last opened. */
  get lastOpenedMs(): number {
    return this.#lastOpenedMs;
  }

  forgetKey(key: FrameKey): void {
    this.#guard.forget(key);
    this.#opener.forget(key);
  }

  forgetPerson(identity: string): void {
    this.senders.remove(identity);
    this.#lastOf.delete(identity);
  }

  seal(payload: Bytes, ordered: boolean): Promise<SealedPacket> {
    const sealed = this.#sealing.then(() => this.#sealNow(payload, ordered));
    this.#sealing = sealed.catch(() => undefined);
    return sealed;
  }

  async #sealNow(payload: Bytes, ordered: boolean): Promise<SealedPacket> {
    if (!this.#sealer) throw new Error('who we are is not known yet');
    const plain = ordered ? new Uint8Array([...ORDERED, ...payload]) : payload;
    const sealed = await this.#sealer.seal(plain, this.nowMs());
    if (typeof sealed === 'string') throw new Error(sealed);
    this.dataCounts.sealed++;
    return sealed;
  }

  async open(packet: SealedPacket, identity: string): Promise<Opened> {
    const opened = await this.#opener.open(packet, identity, this.nowMs());
    if (typeof opened === 'string') throw this.#refused(opened);
    const data = this.#inOrder(opened, packet.iv, identity);
    if (!data) throw this.#refused('order');
    this.dataCounts.opened++;
    this.#lastOpenedMs = this.nowMs();
    return { data, identity, verified: opened.verified };
  }

  #refused(why: OpenReason | 'order'): Error {
    this.dataCounts.refused[why] = (this.dataCounts.refused[why] ?? 0) + 1;
    return new Error(why);
  }

  /** What the envelope holds, or null when a later packet was here before. */
  #inOrder({ data, order }: OpenedPacket, iv: Uint8Array, identity: string): Bytes | null {
    if (!ORDERED.every((byte, i) => data[i] === byte)) return data;
    const session = readIv(iv)?.session;
    if (order !== null && session !== undefined) {
      const last = this.#lastOf.get(identity);
      if (last?.session === session && last.order >= order) return null;
      this.#lastOf.set(identity, { session, order });
    }
    return data.subarray(ORDERED.length) as Bytes;
  }

  /** The counts, if they grew since this was last asked. */
  takeDataCounts(): DataCount | null {
    const { sealed, opened, refused } = this.dataCounts;
    const total = sealed + opened + Object.values(refused).reduce((sum, count) => sum + count, 0);
    if (total === this.#told) return null;
    this.#told = total;
    return this.dataCounts;
  }
}
