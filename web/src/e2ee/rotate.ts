// SPDX-License-Identifier: Apache-2.0
// A new key for a running meeting. One host makes it and hands it to the people they chose; when all have it, all switch.
//
//   host                          each of the others
//   begin(epoch, half)  ------->
//                       <-------  here(half)                  to the host
//   key(sealed to half) ------->                              to one person
//                                 decrypts with both keys from here on
//                       <-------  have
//   switch              ------->  encrypts with the new key   said under the new key
//                                 10 s later the old key is erased, by everybody
//
// The key is sealed to a half that each person makes for this one time, so that somebody who has the old link and a
// recording of everything does not get the new one.
//
// What the server can do about it: it sees encrypted packets and may drop, delay or repeat them. Each step is asked for
// again until it is answered, each message carries its epoch and is without effect the second time, and repeated packets
// are refused before they come here. A person it cuts off keeps the old key, decrypts nothing any more and is told so.
// Who is a host is known from the server's participant list: a server that lies there needs somebody with the key to make
// use of it, and everybody is told whose new key is in use. Somebody with the old key *and* the server's help can answer
// for another person, who is then left without; knowing members by keys of their own is level 2 of the design.
//
// Pure but for WebCrypto: the time is an argument, and what it wants done is asked of `RotateIo`.
import { type Control, makeHalves, type NewKey, openHandover, publicHalf, sealHandover } from './control';
import type { Rotation } from './messages';

/** Frames in flight under the old key are decrypted this long after the switch. */
export const OVERLAP_MS = 10_000;
/** New links are used at key index 0, so senders go back to it when all have forgotten the old key. */
export const HOME_MS = 2 * OVERLAP_MS;
/** Unanswered messages are repeated this often. */
export const REPEAT_MS = 700;
/** The host waits this long for everybody: who has not answered is not there. */
export const PATIENCE_MS = 6_000;
/** Others wait this long for the host to switch. */
const GIVE_UP_MS = 30_000;

export interface RotateIo {
  /** Encrypted under the key in use; `to` names one person, or null for all. */
  send(message: Control, to: string | null): void;
  /** Said under the key that was replaced, to those who may still hold it. */
  sendOld(epoch: number, to: readonly string[]): void;
  /** With an index that nobody is heard to use. */
  makeKey(): NewKey;
  /** Decrypt with this key too. */
  install(epoch: number, made: NewKey): Promise<void>;
  /** Forget a key that was installed and never switched to. */
  uninstall(): void;
  /** Encrypt with the installed key; the one in use becomes the old one. */
  switchTo(epoch: number): void;
  eraseOld(): void;
  goHome(): void;
  /** Our key was replaced without us. */
  becameOld(): void;
  isHost(identity: string): boolean;
  report(rotation: Rotation): void;
}

interface Handing {
  epoch: number;
  halves: CryptoKeyPair;
  at: string;
  /** Made when the first person asks for it: by then we have heard under which index people send. */
  made: NewKey | null;
  wanted: Set<string>;
  /** The half that a person answered with; the first one counts. */
  halfOf: Map<string, string>;
  have: Set<string>;
  deadlineMs: number;
  repeatMs: number;
}

interface Taking {
  epoch: number;
  host: string;
  hostHalf: string;
  halves: CryptoKeyPair;
  at: string;
  installed: boolean;
  deadlineMs: number;
  repeatMs: number;
}

export class Rotate {
  #handing: Handing | null = null;
  #taking: Taking | null = null;
  /** After a switch: what is still to be done. */
  #eraseMs = Infinity;
  #homeMs = Infinity;
  #againMs: number[] = [];
  #by = '';
  /** One message at a time, in the order in which they came. */
  #queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly io: RotateIo,
    private self: string,
    private epochNow = 0,
  ) {}

  get epoch(): number {
    return this.epochNow;
  }

  /** A rotation runs, or the last one's old key is still there. */
  get busy(): boolean {
    return this.#handing !== null || this.#taking !== null || this.#eraseMs !== Infinity;
  }

  setSelf(identity: string): void {
    this.self = identity;
  }

  /** Begins to hand a new key to `people`. False: a rotation runs already, or we are no host. */
  start(people: readonly string[], nowMs: number): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.busy || !this.io.isHost(this.self)) return false;
      await this.#begin(this.epochNow + 1, people, nowMs);
      return true;
    });
  }

  /** A message of somebody whose identity was authenticated. Never rejects. */
  on(message: Control, from: string, nowMs: number): Promise<void> {
    return this.#inTurn(() => this.#act(message, from, nowMs)).catch(() => undefined);
  }

  /** Somebody encrypts with the installed key: the host has said `switch`, even if that did not reach us. */
  sawNewKey(nowMs: number): void {
    if (this.#taking?.installed) this.#switch(this.#taking.epoch, this.#taking.host, nowMs);
  }

  /** What is due by now. */
  tick(nowMs: number): void {
    if (this.#handing) this.#tickHanding(this.#handing, nowMs);
    if (this.#taking) this.#tickTaking(this.#taking, nowMs);
    if (this.#againMs.length > 0 && nowMs >= (this.#againMs[0] as number)) {
      this.#againMs.shift();
      this.io.send({ t: 'switch', epoch: this.epochNow }, null);
    }
    if (nowMs >= this.#eraseMs) {
      this.#eraseMs = Infinity;
      this.io.eraseOld();
      this.io.report({ phase: 'settled', epoch: this.epochNow, by: this.#by });
    }
    if (nowMs >= this.#homeMs) {
      this.#homeMs = Infinity;
      this.io.goHome();
    }
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(act);
    this.#queue = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  async #act(message: Control, from: string, nowMs: number): Promise<void> {
    switch (message.t) {
      case 'begin':
        return this.#onBegin(message.epoch, message.at, from, nowMs);
      case 'here':
        return this.#onHere(message.epoch, message.at, from);
      case 'behind':
        return this.#onBehind(message.epoch, from, nowMs);
      case 'key':
        return this.#onKey(message.epoch, message.at, message.sealed, from);
      case 'have':
        return this.#onHave(message.epoch, from, nowMs);
      case 'switch':
        return this.#onSwitch(message.epoch, from, nowMs);
      case 'old':
        if (message.epoch > this.epochNow && !this.#taking?.installed) this.io.becameOld();
    }
  }

  // ---- the host ----

  async #begin(epoch: number, people: readonly string[], nowMs: number): Promise<void> {
    const halves = await makeHalves();
    const at = await publicHalf(halves);
    const wanted = new Set(people.filter((one) => one !== this.self));
    this.#handing = {
      ...{ epoch, halves, at, made: null, wanted, halfOf: new Map(), have: new Set() },
      ...{ deadlineMs: nowMs + PATIENCE_MS, repeatMs: nowMs + REPEAT_MS },
    };
    this.#reportHanding(this.#handing);
    if (wanted.size === 0) await this.#finish(this.#handing, nowMs);
    else this.io.send({ t: 'begin', epoch, at }, null);
  }

  async #onHere(epoch: number, at: string, from: string): Promise<void> {
    const h = this.#handing;
    if (!h || epoch !== h.epoch || !h.wanted.has(from)) return;
    if ((h.halfOf.get(from) ?? at) !== at) return;
    const context = { epoch, from: this.self, to: from };
    h.made ??= this.io.makeKey();
    const sealed = await sealHandover(h.made, h.halves.privateKey, at, context);
    if (this.#handing !== h) return;
    h.halfOf.set(from, at);
    this.io.send({ t: 'key', epoch, at: h.at, sealed }, from);
  }

  /** Somebody was here before us and knows a later epoch: begin again after it. */
  async #onBehind(epoch: number, from: string, nowMs: number): Promise<void> {
    const h = this.#handing;
    if (!h || epoch < h.epoch || !h.wanted.has(from)) return;
    const people = [...h.wanted];
    this.#dropHanding();
    await this.#begin(epoch + 1, people, nowMs);
  }

  async #onHave(epoch: number, from: string, nowMs: number): Promise<void> {
    const h = this.#handing;
    if (!h || epoch !== h.epoch || !h.halfOf.has(from)) return;
    h.have.add(from);
    this.#reportHanding(h);
    if (h.have.size === h.wanted.size) await this.#finish(h, nowMs);
  }

  #tickHanding(h: Handing, nowMs: number): void {
    if (nowMs >= h.deadlineMs) {
      h.deadlineMs = Infinity;
      void this.#inTurn(async () => {
        if (this.#handing !== h) return;
        if (h.have.size > 0) await this.#finish(h, nowMs);
        else this.#abandonHanding(h);
      });
    } else if (nowMs >= h.repeatMs) {
      h.repeatMs = nowMs + REPEAT_MS;
      this.io.send({ t: 'begin', epoch: h.epoch, at: h.at }, null);
    }
  }

  async #finish(h: Handing, nowMs: number): Promise<void> {
    const missed = [...h.wanted].filter((one) => !h.have.has(one));
    h.made ??= this.io.makeKey();
    await this.io.install(h.epoch, h.made);
    this.#handing = null;
    h.made.key.fill(0);
    this.#switch(h.epoch, this.self, nowMs, missed);
    this.io.send({ t: 'switch', epoch: h.epoch }, null);
    this.#againMs = [nowMs + REPEAT_MS, nowMs + 2 * REPEAT_MS];
    if (missed.length > 0) this.io.sendOld(h.epoch, missed);
  }

  #abandonHanding(h: Handing): void {
    this.#dropHanding();
    this.io.report({ phase: 'failed', epoch: h.epoch, by: this.self });
  }

  #dropHanding(): void {
    this.#handing?.made?.key.fill(0);
    this.#handing = null;
  }

  #reportHanding(h: Handing): void {
    const { epoch } = h;
    this.io.report({ phase: 'handing', epoch, by: this.self, got: h.have.size, wanted: h.wanted.size });
  }

  // ---- the others ----

  async #onBegin(epoch: number, at: string, from: string, nowMs: number): Promise<void> {
    if (!this.io.isHost(from)) return;
    if (epoch <= this.epochNow) return this.io.send({ t: 'behind', epoch: this.epochNow }, from);
    // Two hosts at once: the one whose name sorts first goes on, for everybody alike.
    if (this.#handing && this.#handing.epoch >= epoch) {
      if (from > this.self) return;
      this.#abandonHanding(this.#handing);
    }
    const t = this.#taking;
    if (t?.host === from && t.hostHalf === at && t.epoch === epoch) return this.#answer(t, nowMs);
    if (t && (t.epoch > epoch || (t.epoch === epoch && t.host < from))) return;
    await this.#take(epoch, at, from, nowMs);
  }

  async #take(epoch: number, hostHalf: string, host: string, nowMs: number): Promise<void> {
    if (this.#handing) this.#abandonHanding(this.#handing);
    if (this.#taking?.installed) this.io.uninstall();
    const halves = await makeHalves();
    const at = await publicHalf(halves);
    this.#taking = {
      ...{ epoch, host, hostHalf, halves, at, installed: false },
      ...{ deadlineMs: nowMs + GIVE_UP_MS, repeatMs: 0 },
    };
    this.#answer(this.#taking, nowMs);
  }

  #answer(t: Taking, nowMs: number): void {
    t.repeatMs = nowMs + REPEAT_MS;
    this.io.send(t.installed ? { t: 'have', epoch: t.epoch } : { t: 'here', epoch: t.epoch, at: t.at }, t.host);
  }

  async #onKey(epoch: number, at: string, sealed: string, from: string): Promise<void> {
    const t = this.#taking;
    if (!t || from !== t.host || epoch !== t.epoch || at !== t.hostHalf) return;
    if (!t.installed) {
      const context = { epoch, from, to: this.self };
      const opened = await openHandover(sealed, t.halves.privateKey, at, context);
      if (!opened) return;
      await this.io.install(epoch, opened);
      opened.key.fill(0);
      t.installed = true;
    }
    this.io.send({ t: 'have', epoch }, from);
  }

  #onSwitch(epoch: number, from: string, nowMs: number): void {
    const t = this.#taking;
    if (t?.installed && t.epoch === epoch && t.host === from) this.#switch(epoch, from, nowMs);
  }

  #tickTaking(t: Taking, nowMs: number): void {
    if (nowMs >= t.deadlineMs) {
      this.#taking = null;
      if (t.installed) this.io.uninstall();
      this.io.report({ phase: 'failed', epoch: t.epoch, by: t.host });
    } else if (nowMs >= t.repeatMs) {
      this.#answer(t, nowMs);
    }
  }

  #switch(epoch: number, by: string, nowMs: number, missed: string[] = []): void {
    this.#taking = null;
    this.epochNow = epoch;
    this.#by = by;
    this.#eraseMs = nowMs + OVERLAP_MS;
    this.#homeMs = nowMs + HOME_MS;
    this.io.switchTo(epoch);
    this.io.report({ phase: 'switched', epoch, by, missed });
  }
}
