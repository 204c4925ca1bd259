// SPDX-License-Identifier: Apache-2.0
// Chat as it travels: JSON on the topic `chat`. Who wrote something is what the server vouches for; what a payload says of its
// sender is not read. What is too long, or not of these shapes, is dropped.

export interface FileAttachment {
  kind: 'file' | 'image';
  name: string;
  mime: string;
  size: number;
  /** A stream of bytes that came, or comes, with the message. */
  stream: string;
}

export interface Poll {
  question: string;
  options: readonly { id: string; text: string }[];
}

export interface ChatBody {
  id: string;
  timestamp: number;
  message: string;
  attachments: readonly FileAttachment[];
  poll: Poll | null;
}

export type ChatPacket =
  | { type: 'chat'; body: ChatBody }
  | { type: 'reaction'; messageId: string; emoji: string }
  | { type: 'poll_vote'; messageId: string; optionId: string }
  | { type: 'meta'; id: string; timestamp: number; counts: Record<ChunkKind, number> }
  | { type: 'chunk'; id: string; kind: ChunkKind; index: number; part: string };

export type ChunkKind = 'message' | 'attachments' | 'poll';

export const CHAT_LIMITS = {
  /** Letters of one message. */
  message: 20_000,
  /** Of a name, an option, a question. */
  line: 500,
  attachments: 8,
  options: 12,
  /** Pieces of one message. */
  chunks: 64,
  /** Bytes that go in one packet. */
  packet: 60_000,
} as const;

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown, most: number): string | null =>
  typeof value === 'string' && value.length <= most ? value : null;
const idOf = (value: unknown): string | null => (typeof value === 'string' && /^.{1,128}$/u.test(value) ? value : null);
const count = (value: unknown, most: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most ? value : -1;
const timeOf = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return null;
  }
}

export function readAttachments(value: unknown): FileAttachment[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, CHAT_LIMITS.attachments).flatMap((one: unknown) => {
    if (!isFields(one)) return [];
    const { kind, size } = one;
    const [name, mime, stream] = [text(one.name, CHAT_LIMITS.line), text(one.mime, 128), idOf(one.stream)];
    if ((kind !== 'file' && kind !== 'image') || name === null || mime === null || !stream) return [];
    return [{ kind, name, mime, stream, size: Math.max(count(size, Number.MAX_SAFE_INTEGER), 0) }];
  });
}

export function readPoll(value: unknown): Poll | null {
  if (!isFields(value) || !Array.isArray(value.options)) return null;
  const question = text(value.question, CHAT_LIMITS.line);
  const options = value.options.slice(0, CHAT_LIMITS.options).flatMap((one: unknown) => {
    const [id, words] = isFields(one) ? [idOf(one.id), text(one.text, CHAT_LIMITS.line)] : [null, null];
    return id && words !== null ? [{ id, text: words }] : [];
  });
  const isEachOnce = new Set(options.map(({ id }) => id)).size === options.length;
  return question !== null && options.length >= 2 && isEachOnce ? { question, options } : null;
}

export function readPacket(payload: Uint8Array): ChatPacket | null {
  const value = parse(new TextDecoder().decode(payload));
  if (!isFields(value)) return null;
  const [id, messageId] = [idOf(value.id), idOf(value.messageId)];
  switch (value.type) {
    case 'chat': {
      const message = text(value.message ?? '', CHAT_LIMITS.message);
      if (!id || message === null) return null;
      const rest = { attachments: readAttachments(value.attachments), poll: readPoll(value.poll) };
      return { type: 'chat', body: { id, timestamp: timeOf(value.timestamp), message, ...rest } };
    }
    case 'reaction': {
      const emoji = text(value.emoji, 16);
      return messageId && emoji ? { type: 'reaction', messageId, emoji } : null;
    }
    case 'poll_vote': {
      const optionId = idOf(value.optionId);
      return messageId && optionId ? { type: 'poll_vote', messageId, optionId } : null;
    }
    case 'chat_chunk_meta':
      return readMeta(value, id);
    case 'chat_chunk':
      return readChunk(value, id);
    default:
      return null;
  }
}

function readMeta(value: Fields, id: string | null): ChatPacket | null {
  const counts = {
    message: count(value.messageChunks, CHAT_LIMITS.chunks),
    attachments: count(value.attachmentChunks, CHAT_LIMITS.chunks),
    poll: count(value.pollChunks, CHAT_LIMITS.chunks),
  };
  if (!id || Object.values(counts).some((one) => one < 0)) return null;
  return { type: 'meta', id, timestamp: timeOf(value.timestamp), counts };
}

function readChunk(value: Fields, id: string | null): ChatPacket | null {
  const { kind } = value;
  const [index, part] = [count(value.index, CHAT_LIMITS.chunks - 1), text(value.part, CHAT_LIMITS.packet)];
  if (!id || index < 0 || part === null || (kind !== 'message' && kind !== 'attachments' && kind !== 'poll'))
    return null;
  return { type: 'chunk', id, kind, index, part };
}

/** Puts the pieces of a message together; null: not all are there, or they are nothing. */
export function joinChunks(
  { id, timestamp, counts }: Extract<ChatPacket, { type: 'meta' }>,
  parts: ReadonlyMap<string, string>,
): ChatBody | null {
  const whole = (kind: ChunkKind): string | null => {
    const all = Array.from({ length: counts[kind] }, (_, i) => parts.get(`${kind} ${i}`));
    return all.every((one) => one !== undefined) ? all.join('') : null;
  };
  const [message, attachments, poll] = [whole('message'), whole('attachments'), whole('poll')];
  if (message === null || attachments === null || poll === null || message.length > CHAT_LIMITS.message) return null;
  const rest = { attachments: readAttachments(parse(attachments)), poll: readPoll(parse(poll)) };
  return { id, timestamp, message, ...rest };
}

interface Sender {
  name: string;
  identity: string;
}

/** What goes out for a message: one packet, or pieces where it is too long for one. */
export function writeChat(body: ChatBody, { name, identity }: Sender): object[] {
  const about = { id: body.id, timestamp: body.timestamp, senderName: name, senderIdentity: identity };
  const whole = {
    type: 'chat',
    ...about,
    message: body.message,
    attachments: body.attachments,
    poll: body.poll ?? undefined,
  };
  if (new TextEncoder().encode(JSON.stringify(whole)).length <= CHAT_LIMITS.packet) return [whole];
  // A letter of JSON may take six bytes.
  const cut = (from: string): string[] => from.match(/[\s\S]{1,9000}/gu) ?? [];
  const pieces = {
    message: cut(body.message),
    attachments: cut(body.attachments.length > 0 ? JSON.stringify(body.attachments) : ''),
    poll: cut(body.poll ? JSON.stringify(body.poll) : ''),
  };
  const meta = {
    ...{ type: 'chat_chunk_meta', ...about, messageChunks: pieces.message.length },
    ...{ attachmentChunks: pieces.attachments.length, pollChunks: pieces.poll.length },
  };
  const chunks = (Object.keys(pieces) as ChunkKind[]).flatMap((kind) =>
    pieces[kind].map((part, index) => ({ type: 'chat_chunk', id: body.id, kind, index, part })),
  );
  return [meta, ...chunks];
}
