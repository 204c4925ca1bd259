// SPDX-License-Identifier: Apache-2.0
// What the page and the key worker say to each other. The page is not trusted to be right: whatever arrives in the worker is
// read by `readToWorker`, which gives a message with fields of the right types and sizes, or null. No message switches
// encryption off, and none gives the key away except `link`, which a person's click on "copy link" sends.
import type { Column } from './fingerprint';
import type { Bytes, Codec, KeyBits, Media, OpenReason, SealReason } from './types';

/** Bounds of what a message may carry, so that a broken page cannot make the worker hold without end. */
export const LIMITS = {
  /** A room's or person's name as LiveKit takes it. */
  name: 256,
  /** A fragment: a token of some KB may stand beside the key. */
  fragment: 16 * 1024,
  /** Senders and receivers of one page over its life; each needs a track that somebody published. */
  pipes: 65_536,
  /** People of one room. */
  people: 1000,
  /** One data packet; SDKs refuse more than 64 KiB. */
  packet: 256 * 1024,
  /** One slice of a file. */
  slice: 1024 * 1024,
} as const;

export type Side = 'seal' | 'open';

/** Whose track goes through a pipe. */
export interface Binding {
  identity: string;
  track: string;
  media: Media;
  codec: Codec;
}

export interface Person {
  identity: string;
  /** May hand out a new key. Said by the page, which has it from the server: see rotate.ts for what that is worth. */
  host: boolean;
}

/** Requests are answered once, by `done` or `failed` with the same id. */
export type Request =
  | { kind: 'fragment'; id: number; text: ArrayBuffer; others: string[] }
  | { kind: 'enter'; id: number; room: string; tab: string }
  | { kind: 'make'; id: number; bits: KeyBits }
  | { kind: 'paste'; id: number; text: ArrayBuffer }
  | { kind: 'link'; id: number; page: string }
  | { kind: 'qr'; id: number; page: string }
  | { kind: 'remember'; id: number; on: boolean }
  | { kind: 'remembered'; id: number }
  | { kind: 'forget'; id: number; room: string }
  | { kind: 'recall'; id: number }
  | { kind: 'leave'; id: number }
  | { kind: 'bind'; id: number; pipe: number; to: Binding }
  | { kind: 'seal'; id: number; payload: ArrayBuffer; ordered: boolean }
  | { kind: 'open'; id: number; payload: ArrayBuffer; iv: ArrayBuffer; keyIndex: number; identity: string }
  | { kind: 'rotate'; id: number; people: string[] }
  | { kind: 'file-make'; id: number; size: number }
  | { kind: 'file-take'; id: number; ticket: string }
  | { kind: 'file-seal'; id: number; file: number; index: number; slice: ArrayBuffer }
  | { kind: 'file-open'; id: number; file: number; index: number; slice: ArrayBuffer }
  | { kind: 'file-close'; id: number; file: number };

/** Said without waiting for an answer. */
export type Notice =
  | { kind: 'pipe'; pipe: number; side: Side; readable: ReadableStream; writable: WritableStream }
  | { kind: 'unbind'; pipe: number }
  | { kind: 'self'; identity: string }
  | { kind: 'payload-types'; types: [number, Codec][] }
  | { kind: 'people'; people: Person[] }
  | { kind: 'offline' }
  | { kind: 'ping'; beat: number };

export type ToWorker = Request | Notice;

/** The options of an RTCRtpScriptTransform; they say the same as `pipe`. */
export interface TransformOptions {
  pipe: number;
  side: Side;
}

export type KeyStatus =
  | 'none' // no key yet
  | 'ready' // derived, frames can be encrypted and decrypted
  | 'damaged'; // the link's key cannot be read; nothing may be joined with it

export interface KeyState {
  status: KeyStatus;
  bits: KeyBits;
  /** How often the key was renewed since the link was opened. */
  epoch: number;
  fingerprint: readonly Column[] | null;
  /** This key was replaced in the meeting, and nobody handed us the new one. */
  old: boolean;
  /** Where the key is found after a reload. */
  kept: 'tab' | 'memory';
  remembered: boolean;
}

export type Rotation =
  | { phase: 'handing'; epoch: number; by: string; got: number; wanted: number }
  | { phase: 'switched'; epoch: number; by: string; missed: string[] }
  | { phase: 'settled'; epoch: number; by: string }
  | { phase: 'failed'; epoch: number; by: string };

export interface PipeCount {
  pipe: number;
  ok: number;
  dropped: number;
  /** Why the last frame was dropped, if one was since the last report. */
  reason: SealReason | OpenReason | 'unbound' | null;
}

export interface DataCount {
  sealed: number;
  opened: number;
  refused: Partial<Record<OpenReason | 'order', number>>;
}

export type FromWorker =
  | { kind: 'done'; id: number; result: unknown }
  | { kind: 'failed'; id: number; why: string }
  | { kind: 'key'; state: KeyState }
  | { kind: 'piped'; pipe: number }
  | { kind: 'counts'; pipes: PipeCount[]; data: DataCount }
  | { kind: 'send'; payload: Bytes; iv: Bytes; keyIndex: number; to: string[] }
  | { kind: 'rotation'; rotation: Rotation }
  | { kind: 'pong'; beat: number };

export interface RememberedRoom {
  room: string;
  savedMs: number;
}

export interface QrBitmap {
  size: number;
  /** A byte for each module, row by row: 1 is dark. */
  dark: Bytes;
}

// ---- reading ----

type Fields = Record<string, unknown>;

const isText = (value: unknown, longest: number): value is string => typeof value === 'string' && value.length <= longest;
const isName = (value: unknown): value is string => isText(value, LIMITS.name) && value.length > 0;
const isCount = (value: unknown, limit: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < limit;
const isBuffer = (value: unknown, longest: number): value is ArrayBuffer =>
  value instanceof ArrayBuffer && value.byteLength <= longest;
const isList = (value: unknown, each: (one: unknown) => boolean, longest: number): boolean =>
  Array.isArray(value) && value.length <= longest && value.every(each);
const isBits = (value: unknown): value is KeyBits => value === 128 || value === 256;

const CODECS: readonly string[] = ['opus', 'vp8', 'vp9', 'h264', 'h265', 'av1', 'unknown'] satisfies Codec[];

function isBinding(value: unknown): value is Binding {
  if (typeof value !== 'object' || value === null) return false;
  const { identity, track, media, codec } = value as Fields;
  return isName(identity) && isName(track) && (media === 'audio' || media === 'video') && CODECS.includes(codec as string);
}

const isPayloadType = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && isCount(value[0], 128) && CODECS.includes(value[1] as string);

function isPerson(value: unknown): value is Person {
  if (typeof value !== 'object' || value === null) return false;
  const { identity, host } = value as Fields;
  return isName(identity) && typeof host === 'boolean';
}

/** An address of our own to build a link on: no fragment, no query. */
const isPage = (value: unknown): boolean => isText(value, 2048) && /^https?:\/\/[^#?\s]+$/.test(value);

const isPipe = (m: Fields): boolean => isCount(m.pipe, LIMITS.pipes);
const isSlice = (m: Fields): boolean =>
  isCount(m.file, 1 << 20) && isCount(m.index, 2 ** 31) && isBuffer(m.slice, LIMITS.slice + 64);

const REQUESTS: Record<Request['kind'], (m: Fields) => boolean> = {
  fragment: (m) => isBuffer(m.text, LIMITS.fragment) && isList(m.others, isName, 8),
  enter: (m) => isName(m.room) && isName(m.tab),
  make: (m) => isBits(m.bits),
  paste: (m) => isBuffer(m.text, LIMITS.fragment),
  link: (m) => isPage(m.page),
  qr: (m) => isPage(m.page),
  remember: (m) => typeof m.on === 'boolean',
  remembered: () => true,
  forget: (m) => isName(m.room),
  recall: () => true,
  leave: () => true,
  bind: (m) => isPipe(m) && isBinding(m.to),
  seal: (m) => isBuffer(m.payload, LIMITS.packet) && typeof m.ordered === 'boolean',
  open: (m) =>
    isBuffer(m.payload, LIMITS.packet) && isBuffer(m.iv, 64) && isCount(m.keyIndex, 256) && isText(m.identity, LIMITS.name),
  rotate: (m) => isList(m.people, isName, LIMITS.people),
  'file-make': (m) => isCount(m.size, Number.MAX_SAFE_INTEGER),
  'file-take': (m) => isText(m.ticket, 1024),
  'file-seal': isSlice,
  'file-open': isSlice,
  'file-close': (m) => isCount(m.file, 1 << 20),
};

const NOTICES: Record<Notice['kind'], (m: Fields) => boolean> = {
  pipe: (m) =>
    isTransformOptions(m) && m.readable instanceof ReadableStream && m.writable instanceof WritableStream,
  unbind: isPipe,
  self: (m) => isName(m.identity),
  'payload-types': (m) => isList(m.types, isPayloadType, 128),
  people: (m) => isList(m.people, isPerson, LIMITS.people),
  offline: () => true,
  ping: (m) => isCount(m.beat, 2 ** 52),
};

const isOwn = (table: object, kind: unknown): boolean => typeof kind === 'string' && Object.hasOwn(table, kind);

/** A message the worker may act on, or null. */
export function readToWorker(value: unknown): ToWorker | null {
  if (typeof value !== 'object' || value === null) return null;
  const m = value as Fields;
  if (isOwn(REQUESTS, m.kind)) {
    return isCount(m.id, 2 ** 52) && REQUESTS[m.kind as Request['kind']](m) ? (value as Request) : null;
  }
  if (isOwn(NOTICES, m.kind)) return NOTICES[m.kind as Notice['kind']](m) ? (value as Notice) : null;
  return null;
}

export function isTransformOptions(value: unknown): value is TransformOptions {
  if (typeof value !== 'object' || value === null) return false;
  const m = value as Fields;
  return isPipe(m) && (m.side === 'seal' || m.side === 'open');
}
