// SPDX-License-Identifier: Apache-2.0
// Key workers of several people in one process and in virtual time, with a network between them that the test makes: what one
// worker wants sent is opened by the others. Nothing is faked but streams' ends, clock and network.
import { memoryStore, openVault, type Vault } from '../../src/e2ee/custody';
import { Keeper } from '../../src/e2ee/keeper';
import type { Binding, FromWorker, KeyState, Person, Request, Rotation, Side } from '../../src/e2ee/messages';
import type { Bytes, EncodedFrame } from '../../src/e2ee/types';

/** WebCrypto works on other threads, so virtual time waits for it: the calls under way. */
let underWay = 0;
const subtle = Object.getPrototypeOf(crypto.subtle) as Record<string, (...args: unknown[]) => Promise<unknown>>;
for (const name of ['encrypt', 'decrypt', 'sign', 'deriveKey', 'deriveBits', 'importKey', 'exportKey', 'generateKey']) {
  const call = subtle[name] as (...args: unknown[]) => Promise<unknown>;
  subtle[name] = function (this: unknown, ...args) {
    underWay++;
    return call.apply(this, args).finally(() => underWay--);
  };
}

/** Until nothing happens any more by itself. */
export async function settle(): Promise<void> {
  for (let quiet = 0; quiet < 4; quiet++) {
    await new Promise((done) => setImmediate(done));
    if (underWay > 0) quiet = -1;
  }
}

type Fields<K extends Request['kind']> = Omit<Extract<Request, { kind: K }>, 'id' | 'kind'>;

export const QR = { size: 1, dark: new Uint8Array([1]) };

/** One keeper and what it says. */
export class Member {
  readonly said: FromWorker[] = [];
  readonly keeper: Keeper;
  drawn: string[] = [];
  #id = 0;
  #answers = new Map<number, (message: FromWorker) => void>();
  #nextPipe = 0;

  constructor(
    readonly identity: string,
    nowMs: () => number,
    readonly vault: Vault = openVault(memoryStore(), () => 0),
    private readonly onSend: (from: Member, message: Extract<FromWorker, { kind: 'send' }>) => void = () => undefined,
  ) {
    this.keeper = new Keeper({
      post: (message) => this.#hear(message),
      openVault: async () => this.vault,
      locks: undefined,
      nowMs,
      drawQr: (text) => {
        this.drawn.push(text);
        return QR;
      },
    });
  }

  #hear(message: FromWorker): void {
    if (message.kind === 'done' || message.kind === 'failed') this.#answers.get(message.id)?.(message);
    else if (message.kind === 'send') this.onSend(this, message);
    this.said.push(message);
  }

  async ask<K extends Request['kind']>(kind: K, fields: Fields<K>): Promise<unknown> {
    const id = this.#id++;
    const answer = new Promise<FromWorker>((done) => this.#answers.set(id, done));
    this.keeper.handle({ kind, id, ...fields });
    const message = await answer;
    if (message.kind === 'failed') throw new Error(message.why);
    return message.kind === 'done' ? message.result : undefined;
  }

  get key(): KeyState {
    const states = this.said.filter((message) => message.kind === 'key');
    return (states.at(-1) as Extract<FromWorker, { kind: 'key' }>).state;
  }

  get rotations(): Rotation[] {
    return this.said.flatMap((message) => (message.kind === 'rotation' ? [message.rotation] : []));
  }

  async keyText(): Promise<string> {
    return ((await this.ask('link', { page: 'https://x/' })) as string).split('#')[1] as string;
  }

  paste(text: string): Promise<unknown> {
    return this.ask('paste', { text: bytesOf(text) });
  }

  /** A sender's or receiver's pipe, bound to a track if `to` says whose. */
  async pipe(side: Side, to?: Partial<Binding>): Promise<TestPipe> {
    const pipe = new TestPipe(this.#nextPipe++);
    const { readable, writable } = pipe;
    this.keeper.handle({ kind: 'pipe', pipe: pipe.number, side, readable, writable });
    if (to) await this.bind(pipe, to);
    return pipe;
  }

  bind(pipe: TestPipe, to: Partial<Binding>): Promise<unknown> {
    const full = { identity: this.identity, track: 'TR_1', media: 'video', codec: 'vp8', ...to } as const;
    return this.ask('bind', { pipe: pipe.number, to: full });
  }
}

export function bytesOf(text: string): ArrayBuffer {
  return new TextEncoder().encode(text).buffer as ArrayBuffer;
}

/** The two ends of a sender or receiver, held by the test. */
export class TestPipe {
  readonly out: Frame[] = [];
  readonly readable: ReadableStream;
  readonly writable: WritableStream;
  onFrame: (frame: Frame) => void = () => undefined;
  #in!: ReadableStreamDefaultController;

  constructor(readonly number: number) {
    this.readable = new ReadableStream({ start: (controller) => void (this.#in = controller) });
    this.writable = new WritableStream({
      write: (frame: Frame) => {
        this.out.push(frame);
        this.onFrame(frame);
      },
    });
  }

  push(frame: Frame): void {
    this.#in.enqueue(frame);
  }

  end(): void {
    this.#in.close();
  }
}

export class Frame implements EncodedFrame {
  data: ArrayBuffer;

  constructor(
    data: Uint8Array,
    readonly type: 'key' | 'delta' = 'delta',
    readonly mimeType: string | undefined = 'video/VP8',
  ) {
    this.data = new Uint8Array(data).buffer;
  }

  getMetadata(): { mimeType?: string } {
    return this.mimeType === undefined ? {} : { mimeType: this.mimeType };
  }

  get bytes(): Bytes {
    return new Uint8Array(this.data);
  }

  copy(): Frame {
    return new Frame(this.bytes, this.type, this.mimeType);
  }
}

export interface Wire {
  from: string;
  to: string;
  payload: Bytes;
  iv: Bytes;
  keyIndex: number;
}

/** Several people who know of each other. */
export class Party {
  nowMs = 0;
  readonly members = new Map<string, Member>();
  hosts: string[] = [];
  /** When a packet arrives, in milliseconds from now; null: never. */
  network: (wire: Wire) => number | null = () => 20;
  readonly sent: Wire[] = [];
  #due: { atMs: number; act: () => void }[] = [];

  async add(identity: string, key?: string, vault?: Vault): Promise<Member> {
    const member = new Member(identity, () => this.nowMs, vault, (from, message) => this.#post(from, message));
    await member.ask('enter', { room: 'room', tab: identity });
    if (key) await member.paste(key);
    member.keeper.handle({ kind: 'self', identity });
    this.members.set(identity, member);
    this.tellPeople();
    return member;
  }

  remove(identity: string): void {
    this.members.delete(identity);
    this.tellPeople();
  }

  tellPeople(): void {
    const people = [...this.members.keys()].map((identity): Person => ({ identity, host: this.hosts.includes(identity) }));
    for (const { keeper } of this.members.values()) keeper.handle({ kind: 'people', people });
  }

  #post(from: Member, { payload, iv, keyIndex, to }: Extract<FromWorker, { kind: 'send' }>): void {
    const names = to.length > 0 ? to : [...this.members.keys()].filter((identity) => identity !== from.identity);
    for (const name of names) this.put({ from: from.identity, to: name, payload, iv, keyIndex });
  }

  /** Sends a packet on its way, or one that was on its way before. */
  put(wire: Wire): void {
    this.sent.push(wire);
    const afterMs = this.network(wire);
    if (afterMs !== null) this.later(afterMs, () => this.#arrive(wire));
  }

  later(afterMs: number, act: () => void): void {
    this.#due.push({ atMs: this.nowMs + afterMs, act });
  }

  #arrive({ from, to, payload, iv, keyIndex }: Wire): void {
    const buffer = (bytes: Bytes): ArrayBuffer => bytes.slice().buffer;
    this.members
      .get(to)
      ?.ask('open', { payload: buffer(payload), iv: buffer(iv), keyIndex, identity: from })
      .catch(() => undefined);
  }

  /** Lets time pass; `each` is called for every 10 ms of it. */
  async run(ms: number, each: () => void = () => undefined): Promise<void> {
    for (const end = this.nowMs + ms; this.nowMs < end; ) {
      this.nowMs += 10;
      each();
      const due = this.#due.filter(({ atMs }) => atMs <= this.nowMs).sort((a, b) => a.atMs - b.atMs);
      this.#due = this.#due.filter(({ atMs }) => atMs > this.nowMs);
      for (const { act } of due) {
        act();
        await settle();
      }
      if (this.nowMs % 100 === 0) for (const { keeper } of this.members.values()) keeper.tick();
      await settle();
    }
  }
}
