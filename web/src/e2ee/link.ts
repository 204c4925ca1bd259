// SPDX-License-Identifier: Apache-2.0
// A link is `https://host/m/<room>#key=<43 characters>`, with `&bits=256` behind it when the room was made that way. The part
// behind '#' never leaves the browser. A fragment that is there but gives no key is damaged: the meeting it belonged to was
// encrypted, so nobody may join it in clear.
import { keyFromText, type RoomKey } from './key';
import type { KeyBits } from './types';

export type Fragment = { kind: 'none' } | { kind: 'damaged' } | { kind: 'key'; key: RoomKey; bits: KeyBits };

/** No link of ours comes near this; what is longer is not looked at. */
const LONGEST = 4096;

/**
 * Reads `location.hash`, with or without its '#'. Names in `others` may stand beside the key and are skipped; any further
 * name, or one given twice, means that something happened to the link.
 */
export function parseFragment(hash: string, others: readonly string[] = []): Fragment {
  const text = hash.startsWith('#') ? hash.slice(1) : hash;
  if (text === '') return { kind: 'none' };
  if (text.length > LONGEST) return { kind: 'damaged' };
  const values = new Map<string, string>();
  for (const part of text.split('&')) {
    const equals = part.indexOf('=');
    if (equals <= 0) return { kind: 'damaged' };
    const name = part.slice(0, equals);
    if (values.has(name)) return { kind: 'damaged' };
    if (name !== 'key' && name !== 'bits' && !others.includes(name)) return { kind: 'damaged' };
    values.set(name, part.slice(equals + 1));
  }
  if (!values.has('key') && !values.has('bits')) return { kind: 'none' };
  return readKey(values.get('key'), values.get('bits'));
}

function readKey(keyValue: string | undefined, bitsValue: string | undefined): Fragment {
  const bits = bitsValue === undefined || bitsValue === '128' ? 128 : bitsValue === '256' ? 256 : null;
  const text = keyValue === undefined ? null : decoded(keyValue);
  if (bits === null || text === null) return { kind: 'damaged' };
  const key = keyFromText(text);
  return key === 'damaged' ? { kind: 'damaged' } : { kind: 'key', key, bits };
}

/** Some programs write the '+', '/' and '=' of the older form as %2B, %2F and %3D. A plain '+' stays what it is. */
function decoded(value: string): string | null {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
}

/** What stands behind '#'. */
export function writeFragment(keyText: string, bits: KeyBits): string {
  return `key=${keyText}${bits === 256 ? '&bits=256' : ''}`;
}

export function writeLink(origin: string, room: string, keyText: string, bits: KeyBits): string {
  return `${origin}/m/${encodeURIComponent(room)}#${writeFragment(keyText, bits)}`;
}
