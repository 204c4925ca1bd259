// SPDX-License-Identifier: Apache-2.0
// The chat of one meeting, in memory and nowhere else. Each message, reaction and vote belongs to the sender that the server
// vouches for; nobody can write, react or vote for another.
import type { DataMessage } from '../call/Call';
import { Watched } from '../call/Watched';
import {
  type ChatBody,
  type ChatPacket,
  type FileAttachment,
  joinChunks,
  type Poll,
  readPacket,
  writeChat,
} from './payloads';

const TOPICS = ['chat', 'lk-chat-topic'];
const MOST = 400;
const MOST_PARTIAL = 16;
const PARTIAL_MS = 120_000;
const MOST_EMOJI = 12;

export interface ChatEntry extends ChatBody {
  from: string;
  /** As it was when they wrote: who has left still has a name. */
  name: string;
  atMs: number;
  isOwn: boolean;
  state: 'sending' | 'sent' | 'failed';
  /** Who chose which emoji. */
  reactions: ReadonlyMap<string, string>;
  votes: ReadonlyMap<string, string>;
}

export interface ChatState {
  entries: readonly ChatEntry[];
  unread: number;
}

interface Partial {
  meta: Extract<ChatPacket, { type: 'meta' }>;
  parts: Map<string, string>;
  atMs: number;
}

export interface ChatIo {
  self: () => string;
  nameOf: (identity: string) => string;
  send: (topic: string, message: object) => Promise<void>;
  nowMs?: () => number;
  newId?: () => string;
}

export class ChatLog extends Watched<ChatState> {
  #partial = new Map<string, Partial>();
  #isOpen = false;
  #arrived = new Set<(entry: ChatEntry) => void>();

  constructor(private readonly io: ChatIo) {
    super({ entries: [], unread: 0 });
  }

  /** While it is looked at, nothing is unread. */
  setOpen(open: boolean): void {
    this.#isOpen = open;
    if (open && this.state.unread > 0) this.set({ ...this.state, unread: 0 });
  }

  onArrived(listener: (entry: ChatEntry) => void): () => void {
    this.#arrived.add(listener);
    return () => void this.#arrived.delete(listener);
  }

  async write(message: string, more: { attachments?: readonly FileAttachment[]; poll?: Poll } = {}): Promise<void> {
    const { attachments = [], poll = null } = more;
    const id = this.io.newId?.() ?? crypto.randomUUID();
    const body: ChatBody = { id, timestamp: this.#nowMs(), message, attachments, poll };
    this.#add({ ...this.#entry(body, this.io.self()), isOwn: true, state: 'sending' });
    await this.#post(body);
  }

  async retry(id: string): Promise<void> {
    const entry = this.state.entries.find((one) => one.id === id && one.isOwn);
    if (!entry || entry.state !== 'failed') return;
    this.#change(id, (one) => ({ ...one, state: 'sending' }));
    await this.#post(entry);
  }

  async #post(body: ChatBody): Promise<void> {
    const self = this.io.self();
    try {
      for (const packet of writeChat(body, { name: this.io.nameOf(self), identity: self }))
        await this.io.send('chat', packet);
      this.#change(body.id, (one) => ({ ...one, state: 'sent' }));
    } catch {
      this.#change(body.id, (one) => ({ ...one, state: 'failed' }));
    }
  }

  async react(messageId: string, emoji: string): Promise<void> {
    const self = this.io.self();
    this.#react(messageId, emoji, self);
    await this.io.send('chat', { type: 'reaction', messageId, emoji, voterIdentity: self }).catch(() => undefined);
  }

  async vote(messageId: string, optionId: string): Promise<void> {
    const self = this.io.self();
    this.#vote(messageId, optionId, self);
    await this.io.send('chat', { type: 'poll_vote', messageId, optionId, voterIdentity: self }).catch(() => undefined);
  }

  receive({ payload, topic, from }: DataMessage): void {
    if (!TOPICS.includes(topic)) return;
    const packet = readPacket(payload);
    switch (packet?.type) {
      case 'chat':
        return this.#arrive(packet.body, from);
      case 'reaction':
        return this.#react(packet.messageId, packet.emoji, from);
      case 'poll_vote':
        return this.#vote(packet.messageId, packet.optionId, from);
      case 'meta':
        return this.#begin(packet, from);
      case 'chunk':
        return this.#take(packet, from);
    }
  }

  /** Apps that write plain text. */
  receiveText(message: string, from: string): void {
    this.#arrive(
      {
        id: crypto.randomUUID(),
        timestamp: this.#nowMs(),
        message: message.slice(0, 20_000),
        attachments: [],
        poll: null,
      },
      from,
    );
  }

  // ---- messages ----

  #arrive(body: ChatBody, from: string): void {
    // A name that was used is not used again: nobody writes over what somebody wrote.
    if (this.state.entries.some(({ id }) => id === body.id)) return;
    if (!body.message.trim() && body.attachments.length === 0 && !body.poll) return;
    const entry = this.#entry(body, from);
    this.#add(entry);
    for (const listener of this.#arrived) listener(entry);
  }

  #entry(body: ChatBody, from: string): ChatEntry {
    return {
      ...body,
      ...{ from, name: this.io.nameOf(from), atMs: this.#nowMs(), isOwn: from === this.io.self(), state: 'sent' },
      ...{ reactions: new Map<string, string>(), votes: new Map<string, string>() },
    };
  }

  #add(entry: ChatEntry): void {
    const { entries, unread } = this.state;
    const isRead = this.#isOpen || entry.isOwn;
    this.set({ entries: [...entries, entry].slice(-MOST), unread: isRead ? unread : unread + 1 });
  }

  #change(id: string, change: (entry: ChatEntry) => ChatEntry): void {
    this.set({ ...this.state, entries: this.state.entries.map((one) => (one.id === id ? change(one) : one)) });
  }

  /** One emoji for each person; the same once more takes it away. */
  #react(messageId: string, emoji: string, from: string): void {
    this.#change(messageId, (entry) => {
      const reactions = new Map(entry.reactions);
      if (reactions.get(from) === emoji) reactions.delete(from);
      else if (new Set([...reactions.values(), emoji]).size <= MOST_EMOJI) reactions.set(from, emoji);
      return { ...entry, reactions };
    });
  }

  #vote(messageId: string, optionId: string, from: string): void {
    this.#change(messageId, (entry) => {
      if (!entry.poll?.options.some(({ id }) => id === optionId)) return entry;
      return { ...entry, votes: new Map(entry.votes).set(from, optionId) };
    });
  }

  // ---- pieces ----

  #begin(meta: Extract<ChatPacket, { type: 'meta' }>, from: string): void {
    const nowMs = this.#nowMs();
    for (const [key, { atMs }] of this.#partial) if (nowMs - atMs > PARTIAL_MS) this.#partial.delete(key);
    if (this.#partial.size >= MOST_PARTIAL) this.#partial.delete(this.#partial.keys().next().value ?? '');
    this.#partial.set(`${from} ${meta.id}`, { meta, parts: new Map(), atMs: nowMs });
  }

  #take({ id, kind, index, part }: Extract<ChatPacket, { type: 'chunk' }>, from: string): void {
    const key = `${from} ${id}`;
    const partial = this.#partial.get(key);
    if (!partial || index >= partial.meta.counts[kind]) return;
    partial.parts.set(`${kind} ${index}`, part);
    const { message, attachments, poll } = partial.meta.counts;
    if (partial.parts.size < message + attachments + poll) return;
    this.#partial.delete(key);
    const body = joinChunks(partial.meta, partial.parts);
    if (body) this.#arrive(body, from);
  }

  #nowMs(): number {
    return this.io.nowMs?.() ?? Date.now();
  }
}
