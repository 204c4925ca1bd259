// SPDX-License-Identifier: Apache-2.0
// A room's key: 32 random bytes, and their two text forms. Links carry base64url without padding, 43 characters. Links made
// by earlier versions carry standard base64 with padding, 44 characters; they name the same bytes. Nothing else is a key.
import type { Bytes } from './types';

export const KEY_BYTES = 32;

/** 32 bytes. Whoever holds one wipes it when it is no longer needed. */
export type RoomKey = Bytes & { readonly roomKey: true };

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export function makeKey(): RoomKey {
  return crypto.getRandomValues(new Uint8Array(KEY_BYTES)) as RoomKey;
}

/** A key from bytes that came from a place of our own (another worker, storage). The bytes are copied. */
export function keyFromBytes(bytes: Uint8Array): RoomKey | 'damaged' {
  return bytes.length === KEY_BYTES ? (new Uint8Array(bytes) as RoomKey) : 'damaged';
}

/** The canonical 43 characters, which are also what the media key is derived from. */
export function keyToText(key: RoomKey): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of key) {
    bits = (bits << 8) | byte;
    held += 8;
    while (held >= 6) {
      held -= 6;
      text += ALPHABET[(bits >> held) & 63];
    }
    bits &= (1 << held) - 1;
  }
  return text + ALPHABET[(bits << (6 - held)) & 63];
}

/**
 * Reads either text form. A key that lost a character, gained one, or has bits set behind its last byte was damaged on its
 * way; it is refused and never repaired.
 */
export function keyFromText(text: string): RoomKey | 'damaged' {
  let digits = text;
  if (text.length === 44 && text.endsWith('=')) {
    if (/[-_]/.test(text)) return 'damaged';
    digits = text.slice(0, 43).replaceAll('+', '-').replaceAll('/', '_');
  } else if (text.length !== 43) {
    return 'damaged';
  }
  const key = new Uint8Array(KEY_BYTES) as RoomKey;
  let bits = 0;
  let held = 0;
  let length = 0;
  for (const digit of digits) {
    const value = ALPHABET.indexOf(digit);
    if (value < 0) return wipe(key);
    bits = (bits << 6) | value;
    held += 6;
    if (held >= 8) {
      held -= 8;
      key[length++] = bits >> held;
      bits &= (1 << held) - 1;
    }
  }
  return bits === 0 ? key : wipe(key);
}

/** Overwrites bytes that were a secret. Gives 'damaged', so that a reader can give up in one line. */
export function wipe(bytes: Uint8Array): 'damaged' {
  bytes.fill(0);
  return 'damaged';
}
