// SPDX-License-Identifier: Apache-2.0
// From a key to the AES key that frames and packets are encrypted with, as LiveKit's SDKs do it:
//   a text  -> its UTF-8 bytes -> PBKDF2-HMAC-SHA256, 100,000 rounds, salt
//   bytes   -> HKDF-SHA256, salt, info = 128 zero bytes
// The first 128 or 256 bits of the result are the AES-GCM key; the salt is the text "LKFrameEncryptionKey". A room of ours
// uses the text form, since every SDK can take it. The result cannot be read back by script.
import { keyToText, type RoomKey, wipe } from './key';
import type { Bytes, FrameKey, KeyBits } from './types';

export const SALT = 'LKFrameEncryptionKey';
const ROUNDS = 100_000;
const MARK_INFO = 'bedrud sender mark v1';

function utf8(text: string): Bytes {
  return new TextEncoder().encode(text) as Bytes;
}

async function derive(parameters: Pbkdf2Params | HkdfParams, material: Bytes, bits: KeyBits): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', material, parameters.name, false, ['deriveKey']);
  return crypto.subtle.deriveKey(parameters, base, { name: 'AES-GCM', length: bits }, false, ['encrypt', 'decrypt']);
}

/** PBKDF2. Bytes are taken as the UTF-8 of a text. */
export function deriveFromText(text: string | Bytes, bits: KeyBits, salt: string | Bytes = SALT): Promise<CryptoKey> {
  const material = typeof text === 'string' ? utf8(text) : text;
  const saltBytes = typeof salt === 'string' ? utf8(salt) : salt;
  return derive({ name: 'PBKDF2', hash: 'SHA-256', salt: saltBytes, iterations: ROUNDS }, material, bits);
}

/** HKDF. */
export function deriveFromBytes(material: Bytes, bits: KeyBits, salt: string | Bytes = SALT): Promise<CryptoKey> {
  const saltBytes = typeof salt === 'string' ? utf8(salt) : salt;
  return derive({ name: 'HKDF', hash: 'SHA-256', salt: saltBytes, info: new Uint8Array(128) }, material, bits);
}

/** The key that marks senders, see iv.ts: independent of the AES key, and known to nobody without the room's key. */
async function deriveMarkKey(key: RoomKey): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', key, 'HKDF', false, ['deriveKey']);
  const parameters: HkdfParams = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: utf8(MARK_INFO) };
  return crypto.subtle.deriveKey(parameters, base, { name: 'HMAC', hash: 'SHA-256', length: 256 }, false, ['sign']);
}

/** All that a room's key is used for. The key itself is neither kept nor wiped. */
export async function deriveRoom(key: RoomKey, bits: KeyBits, salt: string | Bytes = SALT): Promise<FrameKey> {
  const material = utf8(keyToText(key));
  try {
    const [aes, marks] = await Promise.all([deriveFromText(material, bits, salt), deriveMarkKey(key)]);
    return { aes, marks };
  } finally {
    wipe(material);
  }
}
