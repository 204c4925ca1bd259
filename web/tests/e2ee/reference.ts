// SPDX-License-Identifier: Apache-2.0
// The frame format once more, written for being read and with OpenSSL's AES instead of WebCrypto's: what the library is
// compared with on frames that no vector has. Bounds and speed do not matter here.
import { createCipheriv } from 'node:crypto';

type Kind = 'audio' | 'key' | 'delta';

export function seal(key: Uint8Array, iv: Uint8Array, aad: Uint8Array, plain: Uint8Array): Buffer {
  const cipher = createCipheriv(key.length === 16 ? 'aes-128-gcm' : 'aes-256-gcm', key, iv);
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Indexes behind each 00 00 01, as far as three more bytes follow; null when something precedes the first one. */
function units(data: Uint8Array): number[] | null {
  const found: number[] = [];
  let first = data.length;
  for (let i = 0; i + 3 < data.length; i++) {
    if (data[i] !== 0 || data[i + 1] !== 0 || data[i + 2] !== 1) continue;
    first = Math.min(first, i);
    if (i + 6 < data.length) found.push(i + 3);
    i += 2;
  }
  return data.subarray(0, first).every((byte) => byte === 0) ? found : null;
}

const isH264 = (header: number) => [1, 5].includes(header & 31);
const isH265 = (header: number) => {
  const type = (header >> 1) & 63;
  return type < 10 || (type > 15 && type < 22);
};

export function layout(codec: string, kind: Kind, data: Uint8Array): { clear: number; escaped: boolean } | null {
  if (kind === 'audio') return { clear: 1, escaped: false };
  if (codec === 'av1') return null;
  if (codec === 'vp9') return { clear: 0, escaped: false };
  const starts = (codec === 'vp8' ? null : units(data)) ?? [];
  const at = (test: (header: number) => boolean) => starts.find((i) => test(data[i] as number));
  const slice = at(isH264) ?? at(isH265);
  if (slice !== undefined) return { clear: slice + 2, escaped: true };
  return { clear: kind === 'key' ? 10 : 3, escaped: false };
}

export function longStartCodes(head: Uint8Array): Uint8Array {
  const text = Buffer.from(head).toString('latin1');
  return Buffer.from(text.replace(/(?<!\0)\0\0\x01/g, '\0\0\0\x01'), 'latin1');
}

export function escape(bytes: Uint8Array): Buffer {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Buffer.from(out);
}

export function encrypt(key: Uint8Array, codec: string, kind: Kind, data: Uint8Array, iv: Uint8Array, index: number): Buffer {
  const found = layout(codec, kind, data);
  if (!found) throw new Error('AV1');
  const given = data.subarray(0, found.clear);
  const head = found.escaped ? longStartCodes(given) : given;
  const tail = Buffer.concat([seal(key, iv, head, data.subarray(found.clear)), iv, Buffer.of(12, index)]);
  return Buffer.concat([head, found.escaped ? escape(tail) : tail]);
}
