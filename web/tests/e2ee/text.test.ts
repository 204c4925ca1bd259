// SPDX-License-Identifier: Apache-2.0
// Keys as text, links and fingerprints.
import { createHmac, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deriveRoom } from '../../src/e2ee/derive';
import { columns, EMOJI, fingerprint } from '../../src/e2ee/fingerprint';
import { markOf } from '../../src/e2ee/iv';
import { KEY_BYTES, keyFromBytes, keyFromText, keyToText, makeKey, type RoomKey, wipe } from '../../src/e2ee/key';
import { parseFragment, writeLink } from '../../src/e2ee/link';
import { encryptPacket } from '../../src/e2ee/packet';
import { hex, Numbers, unhex, type Vector, vectors } from './kit';
import { seal } from './reference';

const numbers = new Numbers(1);
const someKey = () => keyFromBytes(numbers.bytes(KEY_BYTES)) as RoomKey;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

describe('key', () => {
  it('is 32 bytes, another each time', () => {
    const made = Array.from({ length: 100 }, () => hex(makeKey()));
    expect(new Set(made).size).toBe(100);
    expect(made.every((text) => text.length === 64)).toBe(true);
  });

  it('goes to text and back as base64url says', () => {
    for (let i = 0; i < 2000; i++) {
      const key = someKey();
      const text = keyToText(key);
      expect(text).toBe(Buffer.from(key).toString('base64url'));
      expect(text).toHaveLength(43);
      expect(keyFromText(text)).toEqual(key);
    }
  });

  it('is read from padded base64 too', () => {
    for (let i = 0; i < 2000; i++) {
      const key = someKey();
      const text = Buffer.from(key).toString('base64');
      expect(text).toHaveLength(44);
      expect(keyFromText(text)).toEqual(key);
    }
    expect(keyFromText(Buffer.alloc(32, 0xff).toString('base64'))).toEqual(new Uint8Array(32).fill(0xff));
  });

  it('is not read from any other length', () => {
    const text = 'A'.repeat(100);
    for (let length = 0; length < 100; length++) {
      if (length !== 43) expect(keyFromText(text.slice(0, length)), String(length)).toBe('damaged');
    }
  });

  it('is not read from any other alphabet', () => {
    const text = keyToText(someKey());
    for (let code = 0; code < 0x300; code++) {
      const character = String.fromCharCode(code);
      if (ALPHABET.includes(character)) continue;
      for (const at of [0, 20, 42]) {
        expect(keyFromText(text.slice(0, at) + character + text.slice(at + 1)), `${code} at ${at}`).toBe('damaged');
      }
    }
    expect(keyFromText(`${text.slice(0, 41)}😀`)).toBe('damaged');
    expect(keyFromText(`${'A'.repeat(42)}=`)).toBe('damaged');
  });

  it('does not mix its two alphabets', () => {
    expect(keyFromText(`${'-'.repeat(42)}8=`)).toBe('damaged');
    expect(keyFromText(`${'/'.repeat(42)}8`)).toBe('damaged');
    expect(keyFromText(`${'/'.repeat(42)}8=`)).not.toBe('damaged');
    expect(keyFromText(`${'A'.repeat(42)}==`)).toBe('damaged');
  });

  it('has no bits behind its last byte', () => {
    for (let value = 0; value < 64; value++) {
      const text = 'A'.repeat(42) + ALPHABET[value];
      expect(keyFromText(text) === 'damaged', text).toBe((value & 3) !== 0);
      expect(keyFromText(`${text}=`) === 'damaged', text).toBe((value & 3) !== 0);
    }
  });

  it('can be wiped, and is a copy of what it was made from', () => {
    const bytes = numbers.bytes(32);
    const key = keyFromBytes(bytes) as RoomKey;
    wipe(key);
    expect(hex(key)).toBe('00'.repeat(32));
    expect(hex(bytes)).not.toBe('00'.repeat(32));
    expect(keyFromBytes(numbers.bytes(31))).toBe('damaged');
  });

  it('gives the AES key that SDKs get from its 43 characters, and marks of its own', async () => {
    const key = keyFromText('AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8') as RoomKey;
    expect(hex(key)).toBe('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
    const iv = unhex('000102030405060708090a0b');
    const plain = new Uint8Array(3);
    for (const bits of [128, 256] as const) {
      const { aes_key } = vectors.kdf.find(({ id }) => id === `str-b64url-32/${bits}/LKFrameEncryptionKey`) as Vector;
      const wanted = seal(unhex(aes_key), iv, new Uint8Array(0), plain);
      expect(await encryptPacket(plain, (await deriveRoom(key, bits)).aes, iv)).toEqual(new Uint8Array(wanted));
    }
    const { aes, marks } = await deriveRoom(key, 128);
    const markKey = Buffer.from(hkdfSync('sha256', key, '', 'bedrud sender mark v1', 32));
    const digest = createHmac('sha256', markKey).update('zoë').digest();
    expect(await markOf({ aes, marks }, 'zoë')).toBe(digest.readUInt16BE(0) >> 1);
    expect([aes.extractable, marks?.extractable]).toEqual([false, false]);
  });
});

describe('link', () => {
  const text = keyToText(someKey());
  const kindOf = (hash: string, others?: string[]) => parseFragment(hash, others).kind;

  it('is read as it was written', () => {
    for (const bits of [128, 256] as const) {
      const key = someKey();
      const link = new URL(writeLink('https://meet.example', 'a room/ü', keyToText(key), bits));
      expect(link.pathname).toBe('/m/a%20room%2F%C3%BC');
      expect(parseFragment(link.hash)).toEqual({ kind: 'key', key, bits });
      expect(parseFragment(link.hash.slice(1))).toEqual({ kind: 'key', key, bits });
    }
    expect(writeLink('https://h', 'r', text, 128)).toBe(`https://h/m/r#key=${text}`);
  });

  it('without a fragment has no key', () => {
    expect(kindOf('')).toBe('none');
    expect(kindOf('#')).toBe('none');
  });

  it('takes the older form, plain or percent-encoded', () => {
    const key = keyFromBytes(new Uint8Array(32).fill(0xfb)) as RoomKey;
    const padded = Buffer.from(key).toString('base64');
    expect(padded).toContain('+');
    expect(parseFragment(`#key=${padded}`)).toEqual({ kind: 'key', key, bits: 128 });
    expect(parseFragment(`#key=${encodeURIComponent(padded)}`)).toEqual({ kind: 'key', key, bits: 128 });
  });

  it.each([
    ['cut', `#key=${text.slice(0, 40)}`],
    ['a full stop behind', `#key=${text}.`],
    ['no value', '#key='],
    ['no name', `#${text}`],
    ['empty name', `#=${text}`],
    ['cut in the name', '#ke'],
    ['another case', `#Key=${text}`],
    ['a space', `#key=${text} `],
    ['percent, broken', `#key=${text.slice(0, 41)}%2`],
    ['given twice', `#key=${text}&key=${text}`],
    ['bits without key', '#bits=256'],
    ['other bits', `#key=${text}&bits=192`],
    ['no bits', `#key=${text}&bits=`],
    ['bits twice', `#key=${text}&bits=128&bits=256`],
    ['an unknown name', `#key=${text}&utm_source=mail`],
    ['an unknown name alone', '#section=2'],
    ['an ampersand behind', `#key=${text}&`],
    ['endless', `#key=${'A'.repeat(5000)}`],
  ])('is damaged: %s', (_, hash) => {
    expect(kindOf(hash)).toBe('damaged');
  });

  it('skips names that the page has', () => {
    expect(kindOf('#token=abc', ['token'])).toBe('none');
    expect(kindOf(`#token=abc&key=${text}`, ['token'])).toBe('key');
    expect(kindOf('#token=abc&key=1', ['token'])).toBe('damaged');
    expect(kindOf('#token=abc')).toBe('damaged');
  });
});

describe('fingerprint', () => {
  it('is HKDF of the key, in columns of ten bits', async () => {
    for (let i = 0; i < 50; i++) {
      const key = someKey();
      const bytes = Buffer.from(hkdfSync('sha256', key, '', 'bedrud key fingerprint v1', 5));
      const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
      const shown = await fingerprint(key);
      expect(shown.map(({ digits }) => digits)).toEqual(
        [0, 10, 20, 30].map((at) => String(parseInt(bits.slice(at, at + 10), 2)).padStart(4, '0')),
      );
      expect(shown.map(({ emoji }) => emoji)).toEqual(
        [0, 10, 20, 30].map((at) => EMOJI[parseInt(bits.slice(at, at + 6), 2)]?.[0]),
      );
    }
  });

  it('shows every bit', () => {
    const none = columns(new Uint8Array(5)).map(({ digits }) => digits);
    expect(none).toEqual(['0000', '0000', '0000', '0000']);
    for (let bit = 0; bit < 40; bit++) {
      const bytes = new Uint8Array(5);
      bytes[bit >> 3] = 0x80 >> (bit & 7);
      const digits = columns(bytes).map((column) => Number(column.digits));
      expect(digits.reduce((sum, value, i) => sum + value * 2 ** (30 - 10 * i), 0)).toBe(2 ** (39 - bit));
    }
    expect(columns(new Uint8Array(5).fill(0xff)).map(({ digits }) => digits)).toEqual(['1023', '1023', '1023', '1023']);
  });

  it('has 64 pictures with names, no two alike', () => {
    expect(EMOJI).toHaveLength(64);
    expect(new Set(EMOJI.map(([emoji]) => emoji.replace('\uFE0F', ''))).size).toBe(64);
    expect(new Set(EMOJI.map(([, name]) => name)).size).toBe(64);
    for (const [emoji, name] of EMOJI) {
      expect([...new Intl.Segmenter().segment(emoji)], name).toHaveLength(1);
      expect(emoji, name).toMatch(/^\p{Emoji}\uFE0F?$/u);
      expect(name).toMatch(/^[a-z]+( [a-z]+)?$/);
    }
  });

  it('is listed in the documentation', () => {
    const page = readFileSync(new URL('../../../docs/e2ee-format.md', import.meta.url), 'utf8');
    const rows = page.split('\n').filter((line) => /^\| \d+ \|/.test(line));
    const listed = rows.flatMap((row) => row.split(' | ').slice(1).map((cell) => cell.replace(/ \|$/, '').split(/ (.*)/).slice(0, 2)));
    expect(listed).toEqual(EMOJI);
  });
});
