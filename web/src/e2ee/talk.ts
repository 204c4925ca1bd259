// SPDX-License-Identifier: Apache-2.0
// What this worker says to the workers of others through the encrypted data path, and what it hears: see rotate.ts for the
// handing over of a new key. Also tells people who come with a replaced key that it was replaced.
import { type Control, findControl, type NewKey, readControl, writeControlPayload } from './control';
import { type Hold, holdKey } from './hold';
import { makeKey } from './key';
import type { FromWorker, Person, Request } from './messages';
import { Rotate } from './rotate';
import type { Traffic } from './traffic';
import type { Bytes } from './types';

/**
 * How the IV of a notice under a replaced key begins; eight random bytes follow. Its key index is one that every ring has:
 * native clients end when they are sent one that theirs has not.
 */
const NOTICE_MARK: readonly number[] = [0x6f, 0x6c, 0x64, 0x01];
const NOTICE_INDEX = 0;
/** When somebody who came is told, after they came: their connection may take its time. */
const NOTICE_AFTER_MS = [1500, 5000];
/** Nobody is believed that our key was replaced while we decrypt with it. */
const QUIET_MS = 3000;

export interface TalkIo {
  hold: Hold;
  traffic: Traffic;
  nowMs(): number;
  post(message: FromWorker): void;
  /** The key in use is another. */
  renewed(): void;
  becameOld(): void;
  /** When a frame was last decrypted. */
  lastFrameMs(): number;
}

export class Talk {
  #self = '';
  #people = new Map<string, boolean>();
  #rotate: Rotate;
  /** Who was here when the key was replaced, and knows it. */
  #witnesses: string[] = [];
  #by = '';
  #notices: { atMs: number; to: string }[] = [];

  constructor(private readonly io: TalkIo) {
    this.#rotate = this.#newRotate(0);
  }

  /** A key was adopted. */
  begin(epoch: number): void {
    this.#rotate = this.#newRotate(epoch);
    this.#witnesses = [];
    this.#notices = [];
  }

  setSelf(identity: string): void {
    this.#self = identity;
    this.#rotate.setSelf(identity);
    this.io.traffic.setSelf(identity);
  }

  setPeople(people: readonly Person[]): void {
    const next = new Map(people.map(({ identity, host }) => [identity, host]));
    for (const identity of this.#people.keys()) if (!next.has(identity)) this.io.traffic.forgetPerson(identity);
    const came = [...next.keys()].filter((identity) => !this.#people.has(identity) && identity !== this.#self);
    for (const identity of came) this.io.traffic.senders.add(identity);
    this.#people = next;
    if (this.io.hold.past.length > 0) this.#planNotices(came);
  }

  rotate(people: readonly string[]): Promise<boolean> {
    if (!this.io.hold.current) return Promise.resolve(false);
    return this.#rotate.start(people, this.io.nowMs());
  }

  /** Something was opened under this index. */
  heard(keyIndex: number): void {
    this.io.hold.heard(keyIndex);
    if (keyIndex === this.io.hold.nextIndex) this.#rotate.sawNewKey(this.io.nowMs());
  }

  tick(nowMs: number): void {
    this.#rotate.tick(nowMs);
    while (this.#notices[0] && this.#notices[0].atMs <= nowMs) {
      const { to } = this.#notices.shift() as { to: string };
      if (this.#people.has(to)) void this.#sendNotices(this.#rotate.epoch, [to]);
    }
  }

  /** A packet that came: its payload, or null when it was for us. Rejects what does not authenticate. */
  async open(packet: Extract<Request, { kind: 'open' }>): Promise<Bytes | null> {
    const { keyIndex, identity } = packet;
    const [payload, iv] = [new Uint8Array(packet.payload), new Uint8Array(packet.iv)];
    if (NOTICE_MARK.every((byte, i) => iv[i] === byte)) return this.#openNotice(payload, iv);
    const opened = await this.io.traffic.open({ payload, iv, keyIndex }, identity);
    this.io.hold.heard(keyIndex);
    const bytes = findControl(opened.data);
    if (!bytes) {
      this.heard(keyIndex);
      return opened.data;
    }
    const message = readControl(bytes);
    // Clients of ours mark what they send, so an unmarked message is somebody else's doing.
    if (message && message.t !== 'old' && opened.verified) await this.#rotate.on(message, identity, this.io.nowMs());
    this.heard(keyIndex);
    return null;
  }

  // ---- what rotate.ts asks for ----

  #newRotate(epoch: number): Rotate {
    const { hold } = this.io;
    const io = {
      send: (message: Control, to: string | null) => void this.#send(message, to),
      sendOld: (newEpoch: number, to: readonly string[]) => void this.#sendNotices(newEpoch, to),
      makeKey: () => ({ key: makeKey() as Bytes, bits: hold.current?.bits ?? 128, index: hold.freeIndex() }),
      install: async (at: number, { key, bits, index }: NewKey) => hold.install(await holdKey(key, bits, at, index)),
      uninstall: () => hold.uninstall(),
      switchTo: () => this.#onSwitch(),
      eraseOld: () => this.#eraseOld(),
      goHome: () => hold.goHome(),
      becameOld: () => this.io.becameOld(),
      isHost: (identity: string) => this.#people.get(identity) === true,
      report: (rotation: Extract<FromWorker, { kind: 'rotation' }>['rotation']) => {
        this.#by = rotation.by;
        this.io.post({ kind: 'rotation', rotation });
      },
    };
    return new Rotate(io, this.#self, epoch);
  }

  async #send(message: Control, to: string | null): Promise<void> {
    try {
      const sealed = await this.io.traffic.seal(writeControlPayload(message), true);
      this.io.post({ kind: 'send', ...sealed, to: to === null ? [] : [to] });
    } catch {
      // Without a key to send with there is nothing to be said; it is asked for again if it matters.
    }
  }

  #onSwitch(): void {
    this.io.hold.switchToNext(this.io.nowMs());
    this.#witnesses = [this.#self, ...this.#people.keys()];
    this.io.renewed();
  }

  #eraseOld(): void {
    const old = this.io.hold.eraseOld();
    if (old) this.io.traffic.forgetKey(old);
  }

  // ---- people with a replaced key ----

  /** One of those who were there when it was replaced tells: the host, or who of the rest sorts first. */
  #planNotices(came: readonly string[]): void {
    const here = this.#witnesses.filter((one) => one === this.#self || this.#people.has(one)).sort();
    const teller = here.includes(this.#by) ? this.#by : here.find((one) => !came.includes(one));
    if (teller !== this.#self) return;
    const nowMs = this.io.nowMs();
    for (const afterMs of NOTICE_AFTER_MS) {
      for (const to of came) this.#notices.push({ atMs: nowMs + afterMs, to });
    }
    this.#notices.sort((a, b) => a.atMs - b.atMs);
  }

  async #sendNotices(epoch: number, to: readonly string[]): Promise<void> {
    const plain = writeControlPayload({ t: 'old', epoch });
    for (const { notices } of this.io.hold.past) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      iv.set(NOTICE_MARK);
      const payload = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, notices, plain));
      this.io.post({ kind: 'send', payload, iv, keyIndex: NOTICE_INDEX, to: [...to] });
    }
  }

  async #openNotice(payload: Bytes, iv: Bytes): Promise<null> {
    const { hold, traffic } = this.io;
    if (!hold.current || iv.length !== 12) throw new Error('no-key');
    const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, hold.current.notices, payload);
    const bytes = findControl(new Uint8Array(plain));
    const message = bytes && readControl(bytes);
    const quietMs = this.io.nowMs() - Math.max(traffic.lastOpenedMs, this.io.lastFrameMs());
    if (message?.t === 'old' && quietMs > QUIET_MS) await this.#rotate.on(message, '', this.io.nowMs());
    return null;
  }
}
