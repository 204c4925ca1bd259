// SPDX-License-Identifier: Apache-2.0
// Files, encrypted piece by piece in the worker under a key of their own. The server stores
//
//   piece 0 | piece 1 | ... | piece n-1        each AES-256-GCM(64 KiB of the padded file) and its 16-byte tag
//
// The IV of a piece is eight zero bytes and its number; the additional data is the number of pieces, so that none can be
// left out, repeated or moved. A key encrypts one file once. The file is padded (with zeroes, at most 12 %) so that its
// stored size says little. What names a file inside an encrypted message is its ticket:
//
//   base64url( version 1 | IV, 12 | AES-256-GCM( file key, 32 | size, 8 ) )
//
// sealed under a key that comes from the room's key, so that the page never holds what opens a file.
import type { RoomKey } from './key';
import type { Bytes } from './types';

export const PIECE_BYTES = 64 * 1024;
/** Files open at one time; a page closes those it is done with. */
const MOST_OPEN = 256;
const VERSION = 1;
const TICKET_BYTES = 1 + 12 + 32 + 8 + 16;
const INFO = 'bedrud file ticket v1';

export class FileError extends Error {}

/** The size that is stored: only its upper bits differ from file to file. */
export function paddedSize(size: number): number {
  if (size < 2) return Math.max(size, 1);
  const exponent = Math.floor(Math.log2(size));
  const kept = Math.floor(Math.log2(exponent)) + 1;
  const unit = 2 ** Math.max(exponent - kept, 0);
  return Math.ceil(size / unit) * unit;
}

export function ticketKey(room: RoomKey): Promise<CryptoKey> {
  return hkdf(room, INFO, ['encrypt', 'decrypt']);
}

/** An AES-256-GCM key for another purpose than media. */
export async function hkdf(room: Bytes, info: string, usages: KeyUsage[]): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', room, 'HKDF', false, ['deriveKey']);
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: new TextEncoder().encode(info) };
  return crypto.subtle.deriveKey(parameters, base, { name: 'AES-GCM', length: 256 }, false, usages);
}

interface OpenFile {
  key: CryptoKey;
  size: number;
  pieces: number;
  /** Made here, so its pieces are sealed, each once; else taken from a ticket. */
  sealed: Set<number> | null;
}

export interface FileInfo {
  file: number;
  size: number;
  pieces: number;
  storedSize: number;
}

const piecesOf = (size: number): number => Math.ceil(paddedSize(size) / PIECE_BYTES);

export class Files {
  #open = new Map<number, OpenFile>();
  #next = 0;

  /** Makes a key for a file of `size` bytes. */
  async make(size: number, ticket: CryptoKey): Promise<FileInfo & { ticket: string }> {
    const raw = crypto.getRandomValues(new Uint8Array(32));
    try {
      const info = await this.#add(raw, size, new Set());
      return { ...info, ticket: await sealTicket(raw, size, ticket) };
    } finally {
      raw.fill(0);
    }
  }

  /** Opens a file by the ticket of a message. Keys that tickets may have been made under are tried in turn. */
  async take(ticket: string, keys: readonly CryptoKey[]): Promise<FileInfo> {
    const { raw, size } = await openTicket(ticket, keys);
    try {
      return await this.#add(raw, size, null);
    } finally {
      raw.fill(0);
    }
  }

  async #add(raw: Bytes, size: number, sealed: Set<number> | null): Promise<FileInfo> {
    if (this.#open.size >= MOST_OPEN) throw new FileError('too many files are open');
    const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, [sealed ? 'encrypt' : 'decrypt']);
    const file = this.#next++;
    const pieces = piecesOf(size);
    this.#open.set(file, { key, size, pieces, sealed });
    return { file, size, pieces, storedSize: paddedSize(size) + 16 * pieces };
  }

  #find(file: number, index: number): OpenFile {
    const found = this.#open.get(file);
    if (!found) throw new FileError('the file is not open');
    if (index >= found.pieces) throw new FileError('there is no such piece');
    return found;
  }

  /** Seals a piece: `slice` holds what the file has there, which is nothing where it is all padding. */
  async seal(file: number, index: number, slice: Bytes): Promise<Bytes> {
    const one = this.#find(file, index);
    if (!one.sealed || one.sealed.has(index)) throw new FileError('a piece is sealed once, by who made the file');
    if (slice.length !== contentLength(one.size, index)) throw new FileError('the slice is not that piece of the file');
    one.sealed.add(index);
    const padded = new Uint8Array(Math.min(PIECE_BYTES, paddedSize(one.size) - index * PIECE_BYTES));
    padded.set(slice);
    return new Uint8Array(await crypto.subtle.encrypt(algorithm(one, index), one.key, padded));
  }

  /** Opens a piece and cuts off the padding. */
  async open(file: number, index: number, piece: Bytes): Promise<Bytes> {
    const one = this.#find(file, index);
    if (one.sealed) throw new FileError('this file is being sealed');
    try {
      const padded = new Uint8Array(await crypto.subtle.decrypt(algorithm(one, index), one.key, piece));
      return padded.subarray(0, contentLength(one.size, index)) as Bytes;
    } catch {
      throw new FileError('the piece was altered, or belongs elsewhere');
    }
  }

  close(file: number): void {
    this.#open.delete(file);
  }

  clear(): void {
    this.#open.clear();
  }
}

/** Bytes of the file itself in a piece. */
function contentLength(size: number, index: number): number {
  return Math.max(0, Math.min(PIECE_BYTES, size - index * PIECE_BYTES));
}

function algorithm(file: OpenFile, index: number): AesGcmParams {
  const iv = new Uint8Array(12);
  const count = new Uint8Array(4);
  new DataView(iv.buffer).setUint32(8, index);
  new DataView(count.buffer).setUint32(0, file.pieces);
  return { name: 'AES-GCM', iv, additionalData: count };
}

// ---- tickets ----

async function sealTicket(raw: Bytes, size: number, key: CryptoKey): Promise<string> {
  const plain = new Uint8Array(40);
  plain.set(raw);
  new DataView(plain.buffer).setBigUint64(32, BigInt(size));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, plain));
  plain.fill(0);
  const ticket = new Uint8Array(TICKET_BYTES);
  ticket[0] = VERSION;
  ticket.set(iv, 1);
  ticket.set(sealed, 13);
  return btoa(String.fromCharCode(...ticket)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

async function openTicket(text: string, keys: readonly CryptoKey[]): Promise<{ raw: Bytes; size: number }> {
  const ticket = readTicket(text);
  for (const key of keys) {
    try {
      const iv = ticket.subarray(1, 13);
      const plain = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, ticket.subarray(13)));
      const size = Number(new DataView(plain.buffer).getBigUint64(32));
      if (Number.isSafeInteger(size)) return { raw: plain.slice(0, 32), size };
    } catch {
      // Not under this key.
    }
  }
  throw new FileError('the ticket is of another room or key');
}

function readTicket(text: string): Bytes {
  if (!/^[\w-]+$/.test(text)) throw new FileError('not a ticket');
  let binary: string;
  try {
    binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    throw new FileError('not a ticket');
  }
  if (binary.length !== TICKET_BYTES || binary.charCodeAt(0) !== VERSION) throw new FileError('not a ticket');
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}
