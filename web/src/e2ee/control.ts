// SPDX-License-Identifier: Apache-2.0
// What clients of ours say to each other, worker to worker, to hand over a new key. A message is JSON inside an encrypted
// packet, so the server can drop, delay and repeat it, and do nothing else. It travels as a field of LiveKit's
// EncryptedPacketPayload that other clients skip, a number far from those LiveKit gives out:
//
//   field 1000, bytes: {"v":1,"t":...}
//
// Everybody who has the room's key can write such messages; whose they are is checked before they come here.
import type { Bytes, KeyBits } from './types';

const HEAD: readonly number[] = [0xc2, 0x3e]; // 1000 << 3 | 2 as a varint
const LONGEST = 4096;
const MOST_EPOCHS = 2 ** 31;

export type Control =
  /** A host is about to hand out the key of this epoch. `at` is the host's public half for this one time. */
  | { t: 'begin'; epoch: number; at: string }
  /** Hand it to me: `at` is my public half. */
  | { t: 'here'; epoch: number; at: string }
  /** You are behind: I am at this epoch already. */
  | { t: 'behind'; epoch: number }
  /** The key, for one person only. */
  | { t: 'key'; epoch: number; at: string; sealed: string }
  /** I can decrypt with it. */
  | { t: 'have'; epoch: number }
  /** All who could be reached have it: send with it from now on. */
  | { t: 'switch'; epoch: number }
  /** Said under a key that is no longer used: it was replaced. */
  | { t: 'old'; epoch: number };

const SHAPES: Record<Control['t'], readonly ('at' | 'sealed')[]> = {
  begin: ['at'],
  here: ['at'],
  behind: [],
  key: ['at', 'sealed'],
  have: [],
  switch: [],
  old: [],
};

const TEXT = /^[\w-]{1,512}$/;

/** A control message from bytes out of an authenticated packet, or null. */
export function readControl(bytes: Uint8Array): Control | null {
  if (bytes.length > LONGEST) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const m = value as Record<string, unknown>;
  if (m.v !== 1 || typeof m.t !== 'string' || !Object.hasOwn(SHAPES, m.t)) return null;
  if (!Number.isInteger(m.epoch) || (m.epoch as number) < 0 || (m.epoch as number) >= MOST_EPOCHS) return null;
  for (const name of SHAPES[m.t as Control['t']]) {
    if (typeof m[name] !== 'string' || !TEXT.test(m[name])) return null;
  }
  return value as Control;
}

/** The payload of an encrypted packet that carries a control message. */
export function writeControlPayload(message: Control): Bytes {
  const json = new TextEncoder().encode(JSON.stringify({ v: 1, ...message }));
  const head = [...HEAD, ...varint(json.length)];
  const payload = new Uint8Array(head.length + json.length);
  payload.set(head);
  payload.set(json, head.length);
  return payload;
}

/** The bytes of a control message, if a decrypted payload is one. */
export function findControl(payload: Uint8Array): Uint8Array | null {
  if (payload[0] !== HEAD[0] || payload[1] !== HEAD[1]) return null;
  let length = 0;
  let at = 2;
  for (let shift = 0; shift < 21; shift += 7) {
    const byte = payload[at++] ?? 0;
    length |= (byte & 127) << shift;
    if (byte < 128) return at + length === payload.length ? payload.subarray(at) : null;
  }
  return null;
}

export function varint(value: number): number[] {
  const bytes = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return bytes;
}

// ---- handing a key from one person to one other ----

export interface HandoverContext {
  epoch: number;
  from: string;
  to: string;
}

const CURVE = { name: 'ECDH', namedCurve: 'P-256' };

export function makeHalves(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(CURVE, false, ['deriveBits']) as Promise<CryptoKeyPair>;
}

export async function publicHalf(halves: CryptoKeyPair): Promise<string> {
  return toText(new Uint8Array(await crypto.subtle.exportKey('raw', halves.publicKey)));
}

/** The key of two halves, bound to who hands what to whom. */
async function sharedKey(mine: CryptoKey, theirs: string, context: HandoverContext): Promise<CryptoKey> {
  const other = await crypto.subtle.importKey('raw', fromText(theirs), CURVE, false, []);
  const secret = await crypto.subtle.deriveBits({ name: 'ECDH', public: other }, mine, 256);
  const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  const info = new TextEncoder().encode(JSON.stringify(['bedrud key handover v1', context.epoch, context.from, context.to]));
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info };
  return crypto.subtle.deriveKey(parameters, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

/** What is handed over: the key, and where it is taken into use. */
export interface NewKey {
  key: Bytes;
  bits: KeyBits;
  index: number;
}

export async function sealHandover(
  { key, bits, index }: NewKey,
  mine: CryptoKey,
  theirs: string,
  context: HandoverContext,
): Promise<string> {
  const shared = await sharedKey(mine, theirs, context);
  const plain = new Uint8Array([bits / 128, index, ...key]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, shared, plain));
  plain.fill(0);
  return toText(new Uint8Array([...iv, ...sealed]));
}

/** The key that was handed over, or null. */
export async function openHandover(
  sealed: string,
  mine: CryptoKey,
  theirs: string,
  context: HandoverContext,
): Promise<NewKey | null> {
  try {
    const bytes = fromText(sealed);
    const shared = await sharedKey(mine, theirs, context);
    const algorithm = { name: 'AES-GCM', iv: bytes.subarray(0, 12) };
    const plain = new Uint8Array(await crypto.subtle.decrypt(algorithm, shared, bytes.subarray(12)));
    const bits = plain[0] === 1 ? 128 : plain[0] === 2 ? 256 : null;
    const index = plain[1] ?? 0;
    const key = plain.slice(2);
    plain.fill(0);
    return bits !== null && index > 0 && key.length === 32 ? { key, bits, index } : null;
  } catch {
    return null;
  }
}

function toText(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromText(text: string): Bytes {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}
