// SPDX-License-Identifier: Apache-2.0
// Looks for a key in whatever bytes, in every form in which it might have got there, whole or in pieces.
import { hkdfSync, pbkdf2Sync } from 'node:crypto';

const percent = (bytes, upper) =>
  [...bytes].map((one) => `%${one.toString(16).padStart(2, '0')}`).map((one) => (upper ? one.toUpperCase() : one)).join('');
const wide = (text) => Buffer.from(text, 'utf16le');

/** Each form with the length of the pieces that are looked for: 64 bits or more, so that none is there by chance. */
export function formsOf(key) {
  const text = key.toString('base64url');
  const standard = key.toString('base64');
  const letters = Buffer.from(text);
  return [
    ['the 32 bytes', key, 8],
    ['hexadecimal', key.toString('hex'), 16],
    ['HEXADECIMAL', key.toString('hex').toUpperCase(), 16],
    ['base64url, as in the link', text, 12],
    ['base64', standard, 12],
    ['base64, with the signs escaped', encodeURIComponent(standard), 14],
    ['bytes as percent escapes', percent(key, true), 24],
    ['bytes as percent escapes, lower case', percent(key, false), 24],
    ['link text as percent escapes', percent(letters, true), 36],
    ['link text in hexadecimal', letters.toString('hex'), 24],
    ['link text in base64 once more', letters.toString('base64'), 16],
    ['link text in UTF-16', wide(text), 24],
    ['a list of numbers', [...key].join(','), 28],
    ['a list of numbers, with spaces', [...key].join(', '), 36],
    ['the AES key made of it', pbkdf2Sync(text, 'LKFrameEncryptionKey', 100_000, 16, 'sha256'), 8],
    ['the AES key made of it, hexadecimal', pbkdf2Sync(text, 'LKFrameEncryptionKey', 100_000, 16, 'sha256').toString('hex'), 16],
    ['the key of the marks', Buffer.from(hkdfSync('sha256', key, '', 'bedrud sender mark v1', 32)), 8],
  ].map(([name, bytes, piece]) => ({ name, bytes: Buffer.from(bytes), piece }));
}

/** All pieces of all forms, by their first four bytes. */
class Pieces {
  #of = new Map();
  #may = new Uint8Array(1 << 16);

  constructor(forms) {
    for (const { name, bytes, piece } of forms) {
      for (let at = 0; at + piece <= bytes.length; at++) this.#add(name, bytes.subarray(at, at + piece));
    }
  }

  #add(name, piece) {
    const word = piece.readInt32LE(0);
    this.#of.set(word, [...(this.#of.get(word) ?? []), { name, piece }]);
    this.#may[(word ^ (word >>> 16)) & 0xffff] = 1;
  }

  /** The names of the forms of which a piece is there. */
  in(bytes) {
    const names = new Set();
    const may = this.#may;
    let word = 0;
    for (let i = 0; i < bytes.length; i++) {
      word = (word >>> 8) | (bytes[i] << 24);
      if (i < 3 || may[(word ^ (word >>> 16)) & 0xffff] === 0) continue;
      for (const { name, piece } of this.#of.get(word) ?? []) {
        if (piece.equals(bytes.subarray(i - 3, i - 3 + piece.length))) names.add(name);
      }
    }
    return names;
  }
}

const SAMPLE = 64 * 1024;

/** What was looked at in one place, and what was found there. */
export class Place {
  bytes = 0;
  found = new Set();
  #forms;
  #pieces;
  #sample = Buffer.alloc(0);

  constructor(forms) {
    this.#forms = forms;
    this.#pieces = new Pieces(forms);
  }

  look(bytes) {
    const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
    this.bytes += buffer.length;
    for (const name of this.#pieces.in(buffer)) this.found.add(name);
    if (this.#sample.length < SAMPLE) this.#sample = Buffer.concat([this.#sample, buffer.subarray(0, SAMPLE)]);
  }

  /** Puts each form into a copy of what was looked at, in one place after the other; gives those that are not found there. */
  missed() {
    const longest = Math.max(...this.#forms.map(({ bytes }) => bytes.length));
    return this.#forms
      .filter(({ name, bytes }, i) => {
        const copy = Buffer.concat([this.#sample, Buffer.alloc(Math.max(0, longest - this.#sample.length))]);
        bytes.copy(copy, Math.floor(((copy.length - bytes.length) * i) / this.#forms.length));
        return !this.#pieces.in(copy).has(name);
      })
      .map(({ name }) => name);
  }
}
