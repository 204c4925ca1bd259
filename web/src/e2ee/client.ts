// SPDX-License-Identifier: Apache-2.0
// The page's end of the line to the key worker: requests with a deadline, news for listeners, and a heartbeat. When the worker
// is gone, its streams end and nothing leaves or enters any more; the page is told, and a new worker goes on only if it finds
// the key where the old one kept it.
import type { Binding, FromWorker, KeyState, Notice, Person, QrBitmap, RememberedRoom, Request, ToWorker } from './messages';
import type { FileInfo } from './files';
import type { Bytes, KeyBits } from './types';

const DEADLINE_MS = 10_000;
const BEAT_MS = 1000;
/** So many beats without an answer mean that the worker is gone. Counted, not timed: a page in the background sleeps. */
const BEATS_LOST = 5;
/** The same for a worker that has not said anything yet: its script may come over a slow network. */
const START_BEATS = 60;

export class KeyError extends Error {}

/** The few things needed of a Worker, so that tests can stand in for it. */
export interface WorkerLike {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

type RequestOf<K extends Request['kind']> = Omit<Extract<Request, { kind: K }>, 'id' | 'kind'>;

interface Waiting {
  kind: string;
  deadlineMs: number;
  resolve(result: unknown): void;
  reject(error: Error): void;
  timer?: ReturnType<typeof setTimeout>;
}

export interface SealedPacket {
  payload: Bytes;
  iv: Bytes;
  keyIndex: number;
}

const NO_KEY: KeyState = {
  ...{ status: 'none', bits: 128, epoch: 0, fingerprint: null },
  ...{ old: false, kept: 'memory', remembered: false },
};

export type Life = 'alive' | 'gone';

export class KeyClient {
  #worker: WorkerLike;
  #waiting = new Map<number, Waiting>();
  #listeners = new Set<(message: FromWorker) => void>();
  #watchers = new Set<() => void>();
  #nextId = 0;
  #nextPipe = 0;
  #beat = 0;
  #answered = 0;
  /** The worker has said something. */
  #started = false;
  #heart: ReturnType<typeof setInterval> | null = null;
  #key: KeyState = NO_KEY;
  #life: Life = 'alive';
  #entered: { room: string; tab: string } | null = null;
  /** What stood in the fragment beside the key. */
  others: Promise<Record<string, string>> = Promise.resolve({});

  constructor(
    private readonly makeWorker: () => WorkerLike,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem'> | null = globalThis.sessionStorage ?? null,
  ) {
    this.#worker = this.#start();
  }

  // ---- what pages ask ----

  get key(): KeyState {
    return this.#key;
  }

  get life(): Life {
    return this.#life;
  }

  /** Told when `key` or `life` is another. */
  watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };

  giveFragment(text: ArrayBuffer, others: readonly string[]): void {
    const first = this.#nextId === 0;
    if (text.byteLength === 0 && !first) return;
    const answer = this.#ask('fragment', { text, others: [...others] }, [text]) as Promise<Record<string, string>>;
    if (first) this.others = answer;
    answer.catch(() => undefined);
  }

  /** Names the meeting; the key is found again if this tab was in it before. Resolves with the state of the key. */
  async enter(room: string): Promise<KeyState> {
    const tab = this.storage?.getItem('bedrud-tab') || crypto.randomUUID();
    const held = (await this.#ask('enter', { room, tab })) as string;
    this.storage?.setItem('bedrud-tab', held);
    this.#entered = { room, tab: held };
    return this.#key;
  }

  make(bits: KeyBits = 128): Promise<void> {
    return this.#ask('make', { bits }) as Promise<void>;
  }

  /** A link or key that was typed, pasted or read from a QR code. */
  paste(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text).buffer;
    return this.#ask('paste', { text: bytes }, [bytes]) as Promise<void>;
  }

  /** The link with the key in it: only ever asked for by a click on "copy link" or "share". */
  link(page: string): Promise<string> {
    return this.#ask('link', { page }) as Promise<string>;
  }

  qr(page: string): Promise<QrBitmap> {
    return this.#ask('qr', { page }) as Promise<QrBitmap>;
  }

  remember(on: boolean): Promise<void> {
    return this.#ask('remember', { on }) as Promise<void>;
  }

  remembered(): Promise<RememberedRoom[]> {
    return this.#ask('remembered', {}) as Promise<RememberedRoom[]>;
  }

  forget(room: string): Promise<void> {
    return this.#ask('forget', { room }) as Promise<void>;
  }

  /** Uses the key that was remembered for this room. False: there is none. */
  recall(): Promise<boolean> {
    return this.#ask('recall', {}) as Promise<boolean>;
  }

  /** The meeting is over for us: key and what was kept for the tab are erased. */
  async leave(): Promise<void> {
    this.#entered = null;
    await this.#ask('leave', {});
  }

  /** Hands a new key to these people. False: another new key is on its way, or we are no host. */
  rotate(people: readonly string[]): Promise<boolean> {
    return this.#ask('rotate', { people: [...people] }) as Promise<boolean>;
  }

  // ---- files ----

  makeFile(size: number): Promise<FileInfo & { ticket: string }> {
    return this.#ask('file-make', { size }) as Promise<FileInfo & { ticket: string }>;
  }

  takeFile(ticket: string): Promise<FileInfo> {
    return this.#ask('file-take', { ticket }) as Promise<FileInfo>;
  }

  sealPiece(file: number, index: number, slice: ArrayBuffer): Promise<Bytes> {
    return this.#ask('file-seal', { file, index, slice }, [slice]) as Promise<Bytes>;
  }

  openPiece(file: number, index: number, slice: ArrayBuffer): Promise<Bytes> {
    return this.#ask('file-open', { file, index, slice }, [slice]) as Promise<Bytes>;
  }

  closeFile(file: number): Promise<void> {
    return this.#ask('file-close', { file }) as Promise<void>;
  }

  // ---- what the manager asks ----

  /** Never the same twice, as long as this worker lives. */
  nextPipe(): number {
    return this.#nextPipe++;
  }

  listen(listener: (message: FromWorker) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  notify(notice: Notice, transfer: Transferable[] = []): void {
    if (this.#life === 'alive') this.#worker.postMessage(notice, transfer);
  }

  bind(pipe: number, to: Binding): Promise<void> {
    return this.#ask('bind', { pipe, to }) as Promise<void>;
  }

  people(people: Person[]): void {
    this.notify({ kind: 'people', people });
  }

  seal(payload: Uint8Array, ordered: boolean, deadlineMs: number): Promise<SealedPacket> {
    const bytes = payload.slice().buffer as ArrayBuffer;
    return this.#ask('seal', { payload: bytes, ordered }, [bytes], deadlineMs) as Promise<SealedPacket>;
  }

  /** The payload of a packet, or null when it was for the worker itself. */
  open(payload: Uint8Array, iv: Uint8Array, keyIndex: number, identity: string): Promise<Bytes | null> {
    const [one, two] = [payload.slice().buffer as ArrayBuffer, iv.slice().buffer as ArrayBuffer];
    return this.#ask('open', { payload: one, iv: two, keyIndex, identity }, [one, two]) as Promise<Bytes | null>;
  }

  /** An RTCRtpScriptTransform that runs in the worker; the browser's type wants the real one. */
  get rawWorker(): WorkerLike {
    return this.#worker;
  }

  // ---- life and death ----

  /** Ends the worker for good. */
  close(): void {
    this.#die();
    this.#watchers.clear();
    this.#listeners.clear();
  }

  /** After a crash: a new worker that looks for the key where this tab kept it. False: it is lost, only the link helps. */
  async restart(): Promise<boolean> {
    if (this.#life !== 'gone' || !this.#entered) return false;
    const { room } = this.#entered;
    this.#worker = this.#start();
    await this.enter(room);
    return this.#key.status === 'ready';
  }

  #start(): WorkerLike {
    const worker = this.makeWorker();
    this.#life = 'alive';
    this.#key = NO_KEY;
    this.#beat = this.#answered = 0;
    this.#started = false;
    worker.onmessage = (event) => this.#onMessage(event.data as FromWorker);
    worker.onerror = (event) => {
      event.preventDefault?.();
      this.#die();
    };
    this.#heart = setInterval(() => this.#pulse(), BEAT_MS);
    return worker;
  }

  #pulse(): void {
    if (this.#beat - this.#answered >= (this.#started ? BEATS_LOST : START_BEATS)) this.#die();
    else this.notify({ kind: 'ping', beat: ++this.#beat });
  }

  #die(): void {
    if (this.#life === 'gone') return;
    this.#life = 'gone';
    this.#key = NO_KEY;
    if (this.#heart) clearInterval(this.#heart);
    this.#worker.onmessage = this.#worker.onerror = null;
    this.#worker.terminate();
    for (const [id] of this.#waiting) this.#settle(id, (one) => one.reject(new KeyError('the key worker is gone')));
    this.#tellWatchers();
  }

  #onMessage(message: FromWorker): void {
    if (!this.#started) this.#begin();
    switch (message.kind) {
      case 'done':
        return this.#settle(message.id, (one) => one.resolve(message.result));
      case 'failed':
        return this.#settle(message.id, (one) => one.reject(new KeyError(message.why)));
      case 'pong':
        this.#answered = Math.max(this.#answered, message.beat);
        return;
      case 'key':
        this.#key = message.state;
        this.#tellWatchers();
    }
    for (const listener of this.#listeners) listener(message);
  }

  /** Beats and the deadlines of what was asked before the worker was there begin now. */
  #begin(): void {
    this.#started = true;
    this.#answered = this.#beat;
    for (const [id, one] of this.#waiting) this.#setDeadline(id, one);
  }

  #setDeadline(id: number, one: Waiting): void {
    clearTimeout(one.timer);
    const late = (): void => this.#settle(id, () => one.reject(new KeyError(`${one.kind}: no answer within ${one.deadlineMs} ms`)));
    if (this.#started) one.timer = setTimeout(late, one.deadlineMs);
  }

  #tellWatchers(): void {
    for (const watcher of this.#watchers) watcher();
  }

  #settle(id: number, act: (one: Waiting) => void): void {
    const one = this.#waiting.get(id);
    if (!one) return;
    this.#waiting.delete(id);
    clearTimeout(one.timer);
    act(one);
  }

  #ask<K extends Request['kind']>(
    kind: K,
    fields: RequestOf<K>,
    transfer: Transferable[] = [],
    deadlineMs = DEADLINE_MS,
  ): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      if (this.#life === 'gone') return reject(new KeyError('the key worker is gone'));
      const one: Waiting = { kind, deadlineMs, resolve, reject };
      this.#waiting.set(id, one);
      this.#setDeadline(id, one);
      this.#worker.postMessage({ kind, id, ...fields } as unknown as ToWorker, transfer);
    });
  }
}
