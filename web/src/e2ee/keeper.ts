// SPDX-License-Identifier: Apache-2.0
// The key worker without the worker: everything it does, over what a worker's globals give it (`KeeperIo`), so that tests can
// run it anywhere. It starts with nothing to encrypt with, and no message makes it pass anything on unencrypted.
import { claimTab, type Kept, type Vault } from './custody';
import { Files } from './files';
import { type HeldKey, Hold, holdKey } from './hold';
import { makeKey, keyToText, wipe } from './key';
import { type Fragment, parseFragment, writeFragment } from './link';
import { type FromWorker, isTransformOptions, type KeyState, type KeyStatus, readToWorker } from './messages';
import type { Notice, QrBitmap, Request } from './messages';
import { KeyRing } from './ring';
import { Talk } from './talk';
import { Pipes } from './pipes';
import { Traffic } from './traffic';
import type { KeyBits } from './types';

export interface KeeperIo {
  post(message: FromWorker, transfer?: Transferable[]): void;
  openVault(): Promise<Vault>;
  locks: LockManager | undefined;
  /** Milliseconds that only go forward. */
  nowMs(): number;
  drawQr(text: string): QrBitmap;
}

/** How often counts are told. */
const REPORT_MS = 250;

/** A request that cannot be done; its text is for developers and holds nothing secret. */
class Refused extends Error {}

export class Keeper {
  readonly #ring = new KeyRing();
  readonly #hold = new Hold(this.#ring);
  readonly #files = new Files();
  readonly #traffic: Traffic;
  readonly #pipes: Pipes;
  readonly #talk: Talk;
  readonly #vault: Promise<Vault>;
  #status: KeyStatus = 'none';
  #old = false;
  #kept: KeyState['kept'] = 'memory';
  #remembered = false;
  #room: string | null = null;
  #tab = '';
  #reportMs = 0;
  /** Whatever changes the key happens one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly io: KeeperIo) {
    this.#vault = io.openVault();
    this.#traffic = new Traffic(this.#ring, () => io.nowMs());
    this.#pipes = new Pipes({
      sealer: (to) => this.#traffic.sealer(to),
      opener: (to) => this.#traffic.opener(to),
      nowMs: () => io.nowMs(),
      opened: (keyIndex) => this.#talk.heard(keyIndex),
    });
    this.#talk = new Talk({
      ...{ hold: this.#hold, traffic: this.#traffic, nowMs: () => io.nowMs(), post: (message) => io.post(message) },
      renewed: () => void this.#inTurn(() => this.#saveKey()),
      becameOld: () => this.#becomeOld(),
      lastFrameMs: () => this.#pipes.lastOpenedMs,
    });
  }

  // ---- what arrives ----

  /** Any value at all. Never throws. */
  handle(value: unknown): void {
    const message = readToWorker(value);
    if (!message) return;
    if (!('id' in message)) {
      this.#onNotice(message);
      return;
    }
    const { id } = message;
    this.#onRequest(message).then(
      (result) => this.io.post({ kind: 'done', id, result: result ?? null }),
      (error) => this.io.post({ kind: 'failed', id, why: error instanceof Error ? error.message : 'failed' }),
    );
  }

  /** The two ends that an RTCRtpScriptTransform brings. */
  transform(options: unknown, readable: ReadableStream, writable: WritableStream): void {
    if (isTransformOptions(options)) this.#addPipe(options.pipe, options.side, readable, writable);
  }

  /** To be called about ten times a second. */
  tick(): void {
    const nowMs = this.io.nowMs();
    this.#ring.expire(nowMs);
    this.#talk.tick(nowMs);
    if (nowMs - this.#reportMs < REPORT_MS) return;
    this.#reportMs = nowMs;
    const pipes = this.#pipes.takeCounts();
    const data = this.#traffic.takeDataCounts();
    if (pipes.length > 0 || data) this.io.post({ kind: 'counts', pipes, data: data ?? this.#traffic.dataCounts });
  }

  #onNotice(notice: Notice): void {
    switch (notice.kind) {
      case 'pipe':
        return this.#addPipe(notice.pipe, notice.side, notice.readable, notice.writable);
      case 'unbind':
        return this.#pipes.unbind(notice.pipe);
      case 'self':
        return this.#talk.setSelf(notice.identity);
      case 'people':
        return this.#talk.setPeople(notice.people);
      case 'payload-types':
        return this.#pipes.setPayloadTypes(new Map(notice.types));
      case 'offline':
        this.#pipes.unbindAll();
        return this.#talk.setPeople([]);
      case 'ping':
        return this.io.post({ kind: 'pong', beat: notice.beat });
    }
  }

  #addPipe(pipe: number, side: 'seal' | 'open', readable: ReadableStream, writable: WritableStream): void {
    if (this.#pipes.add(pipe, side, readable, writable)) this.io.post({ kind: 'piped', pipe });
  }

  async #onRequest(request: Request): Promise<unknown> {
    switch (request.kind) {
      case 'bind':
        return this.#bind(request);
      case 'seal':
        return this.#traffic.seal(new Uint8Array(request.payload), request.ordered);
      case 'open':
        return this.#talk.open(request);
      case 'rotate':
        return this.#talk.rotate(request.people);
      case 'file-make':
        return this.#files.make(request.size, this.#ready().tickets);
      case 'file-take':
        return this.#files.take(request.ticket, this.#hold.ticketKeys());
      case 'file-seal':
        return this.#files.seal(request.file, request.index, new Uint8Array(request.slice));
      case 'file-open':
        return this.#files.open(request.file, request.index, new Uint8Array(request.slice));
      case 'file-close':
        return this.#files.close(request.file);
      default:
        return this.#inTurn(() => this.#onKeyRequest(request));
    }
  }

  async #onKeyRequest(request: Request): Promise<unknown> {
    switch (request.kind) {
      case 'fragment':
        return this.#onFragment(request.text, request.others);
      case 'enter':
        return this.#enter(request.room, request.tab);
      case 'make':
        return this.#make(request.bits);
      case 'paste':
        return this.#paste(request.text);
      case 'link':
        return this.#link(request.page);
      case 'qr':
        return this.io.drawQr(this.#link(request.page));
      case 'leave':
        return this.#leave();
      default:
        return this.#onVaultRequest(request);
    }
  }

  async #onVaultRequest(request: Request): Promise<unknown> {
    const vault = await this.#vault;
    switch (request.kind) {
      case 'remembered':
        return vault.remembered();
      case 'forget':
        if (request.room === this.#room) this.#remembered = false;
        await vault.forget(request.room);
        return this.#tell();
      case 'remember':
        return this.#remember(vault, request.on);
      case 'recall':
        return this.#recall(vault);
      default:
        throw new Refused('not a request');
    }
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(act);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  // ---- the key ----

  #ready(): HeldKey {
    if (this.#status !== 'ready' || !this.#hold.current) throw new Refused('there is no key');
    return this.#hold.current;
  }

  async #onFragment(buffer: ArrayBuffer, others: string[]): Promise<Record<string, string>> {
    const text = readText(buffer);
    const { fragment, values } = readFragment(text, others);
    // A meeting that runs keeps its key: whoever wants another one pastes it.
    if (fragment.kind === 'none' || (this.#status === 'ready' && this.#room !== null && !this.#old)) {
      if (fragment.kind === 'key') wipe(fragment.key);
    } else {
      await this.#take(fragment);
    }
    return values;
  }

  async #take(fragment: Fragment): Promise<void> {
    if (fragment.kind === 'key') {
      await this.#adopt(await holdKey(fragment.key, fragment.bits, 0));
      wipe(fragment.key);
    } else if (fragment.kind === 'damaged') {
      this.#drop('damaged');
    }
  }

  /** A whole link, what stands behind its '#', or the bare key. */
  async #paste(buffer: ArrayBuffer): Promise<void> {
    const text = readText(buffer).trim();
    const behind = text.includes('#') ? text.slice(text.indexOf('#') + 1) : text.startsWith('key=') ? text : `key=${text}`;
    const { fragment } = readFragment(behind, []);
    if (fragment.kind !== 'key') throw new Refused('damaged');
    await this.#take(fragment);
  }

  /** A damaged link was one to an encrypted meeting: another key would not be the one people there have. */
  async #make(bits: KeyBits): Promise<void> {
    if (this.#status === 'damaged') throw new Refused('damaged');
    await this.#adopt(await holdKey(makeKey(), bits, 0));
  }

  async #adopt(held: HeldKey): Promise<void> {
    this.#hold.adopt(held);
    this.#talk.begin(held.epoch);
    this.#status = 'ready';
    this.#old = false;
    this.#remembered = false;
    await this.#saveKey();
  }

  #drop(status: KeyStatus): void {
    this.#hold.drop();
    this.#files.clear();
    this.#status = status;
    this.#old = false;
    this.#tell();
  }

  async #enter(room: string, tab: string): Promise<string> {
    const vault = await this.#vault;
    await vault.sweep();
    const held = await claimTab(tab, this.io.locks, () => crypto.randomUUID());
    if (held !== tab) await vault.copyTab(tab, held, room);
    // A key that came with this page's link belongs to the room it names; one of a room before does not.
    if (this.#room !== null && this.#room !== room) this.#drop('none');
    this.#room = room;
    this.#tab = held;
    if (this.#status === 'none') await this.#load(await vault.loadTab(held, room));
    else await this.#saveKey();
    return held;
  }

  async #load(kept: Kept | null): Promise<void> {
    if (kept) await this.#adopt(await holdKey(kept.key, kept.bits, kept.epoch));
    kept?.key.fill(0);
    this.#tell();
  }

  /** Keeps the key in use for a reload of this tab; a remembered room follows its new keys. */
  async #saveKey(): Promise<void> {
    const vault = await this.#vault;
    const held = this.#hold.current;
    if (held && this.#room !== null) {
      const kept = { key: held.raw, bits: held.bits, epoch: held.epoch };
      await vault.saveTab(this.#tab, this.#room, kept);
      if (this.#remembered) await vault.remember(this.#room, kept);
      this.#kept = vault.lasting ? 'tab' : 'memory';
    }
    this.#tell();
  }

  async #leave(): Promise<void> {
    const vault = await this.#vault;
    if (this.#room !== null) await vault.eraseTab(this.#tab, this.#room);
    this.#room = null;
    this.#remembered = false;
    this.#pipes.unbindAll();
    this.#talk.setPeople([]);
    this.#drop('none');
  }

  #becomeOld(): void {
    this.#old = true;
    this.#hold.silence();
    this.#tell();
  }

  #link(page: string): string {
    const { raw, bits } = this.#ready();
    return `${page}#${writeFragment(keyToText(raw), bits)}`;
  }

  async #remember(vault: Vault, on: boolean): Promise<void> {
    if (this.#room === null) throw new Refused('no room was entered');
    const { raw, bits, epoch } = this.#ready();
    if (on) await vault.remember(this.#room, { key: raw, bits, epoch });
    else await vault.forget(this.#room);
    this.#remembered = on;
    this.#tell();
  }

  async #recall(vault: Vault): Promise<boolean> {
    const kept = this.#room === null ? null : await vault.recall(this.#room);
    if (!kept) return false;
    await this.#load(kept);
    this.#remembered = true;
    this.#tell();
    return true;
  }

  #tell(): void {
    const held = this.#hold.current;
    const { bits, epoch, fingerprint } = held ?? { bits: 128 as const, epoch: 0, fingerprint: null };
    const [status, old, kept, remembered] = [this.#status, this.#old, this.#kept, this.#remembered];
    this.io.post({ kind: 'key', state: { status, bits, epoch, fingerprint, old, kept, remembered } });
  }

  // ---- media ----

  /** Done when the pipe stands and there is a key: only then may a track be attached to it. */
  async #bind({ pipe, to }: Extract<Request, { kind: 'bind' }>): Promise<void> {
    await this.#turn;
    this.#ready();
    if (!this.#pipes.bind(pipe, to)) throw new Refused('there is no such pipe');
  }
}

function readText(buffer: ArrayBuffer): string {
  const bytes = new Uint8Array(buffer);
  const text = new TextDecoder().decode(bytes);
  bytes.fill(0);
  return text;
}

/** The key, and the values of `others`, which are no secrets of the room. */
function readFragment(text: string, others: string[]): { fragment: Fragment; values: Record<string, string> } {
  const values: Record<string, string> = {};
  for (const part of text.split('&')) {
    const [name = '', value = ''] = [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)];
    if (others.includes(name) && name !== 'key' && name !== 'bits') values[name] = value;
  }
  return { fragment: parseFragment(text, others), values };
}
