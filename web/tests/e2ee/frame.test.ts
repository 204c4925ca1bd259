// SPDX-License-Identifier: Apache-2.0
// Frames that no vector has: of any codec and any content, compared with the reference, opened again, and altered.
import { describe, expect, it } from 'vitest';
import { codecOf, layoutOf } from '../../src/e2ee/codec';
import { decryptFrame, encryptFrame, readFrame } from '../../src/e2ee/frame';
import { firstSlice, joinEscaped, withLongStartCodes, withoutEscapes } from '../../src/e2ee/h26x';
import { isInjected, withoutMetadata } from '../../src/e2ee/sif';
import { type Bytes, type Codec, type FrameKind, MAX_FRAME } from '../../src/e2ee/types';
import { aesKey, hex, Numbers } from './kit';
import * as reference from './reference';

const CODECS: Codec[] = ['opus', 'vp8', 'vp9', 'h264', 'h265', 'unknown'];
const rawKey = new Numbers(1).bytes(16);
const key = await aesKey(rawKey);
const otherKey = await aesKey(new Numbers(2).bytes(16));

/** Units with start codes of both forms, and low bytes where they hurt. */
function annexB(numbers: Numbers): Bytes {
  const parts: number[] = [];
  for (let i = numbers.below(4); i >= 0; i--) {
    parts.push(...(numbers.below(2) ? [0, 0, 0, 1] : [0, 0, 1]));
    parts.push(numbers.pick([0x67, 0x68, 0x06, 0x65, 0x41, 0x40, 0x42, 0x26, 0x02, 0x4e, numbers.below(256)]));
    parts.push(...numbers.lowBytes(numbers.below(40)));
  }
  return Uint8Array.from(parts);
}

function anyFrame(numbers: Numbers): { codec: Codec; kind: FrameKind; data: Bytes } {
  const codec = numbers.pick(CODECS);
  const kind = codec === 'opus' ? 'audio' : numbers.pick(['key', 'delta'] as const);
  const isH26x = codec !== 'opus' && codec !== 'vp8' && numbers.below(4) > 0;
  const data = isH26x ? annexB(numbers) : numbers.lowBytes(1 + numbers.below(100));
  return { codec, kind, data };
}

function normalised(codec: Codec, kind: FrameKind, data: Bytes): Bytes {
  const layout = reference.layout(codec, kind, data);
  if (!layout?.escaped) return data;
  return Uint8Array.from([...reference.longStartCodes(data.subarray(0, layout.clear)), ...data.subarray(layout.clear)]);
}

const keyAt = (index: number) => (index === 7 ? key : index === 6 ? otherKey : null);

describe('any frame', () => {
  it('is what the reference makes of it, and opens to what it was', async () => {
    const numbers = new Numbers(3);
    const results = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const { codec, kind, data } = anyFrame(numbers);
      const iv = numbers.lowBytes(12);
      const result = await encryptFrame(data, { kind, codec, key, index: 7, iv });
      const layout = reference.layout(codec, kind, data) as { clear: number; escaped: boolean };
      const name = typeof result === 'string' ? result : codec;
      results.set(name, (results.get(name) ?? 0) + 1);
      if (data.length < layout.clear) {
        expect(result).toBe('short');
        continue;
      }
      const wanted = reference.encrypt(rawKey, codec, kind, data, iv, 7);
      const seen = reference.layout(codec, kind, wanted);
      const head = normalised(codec, kind, data).length - data.length + layout.clear;
      const isFound = seen?.escaped === layout.escaped && seen.clear === head;
      if (result === 'ambiguous') {
        expect(isFound, hex(data)).toBe(false);
        continue;
      }
      expect(isFound, hex(data)).toBe(true);
      expect(hex(result as Bytes)).toBe(hex(wanted));
      const opened = await decryptFrame(result as Bytes, { kind, codec, keyAt });
      expect(hex(opened as Bytes), `${codec} ${hex(data)}`).toBe(hex(normalised(codec, kind, data)));
    }
    for (const codec of CODECS) expect(results.get(codec), codec).toBeGreaterThan(500);
    expect(results.get('ambiguous') ?? 0).toBeLessThan(400);
  });

  it('is refused when a bit of it is another', async () => {
    const numbers = new Numbers(4);
    for (let i = 0; i < 40; i++) {
      const { codec, kind, data } = anyFrame(numbers);
      const sealed = await encryptFrame(data, { kind, codec, key, index: 7, iv: numbers.lowBytes(12) });
      if (typeof sealed === 'string') continue;
      for (let bit = 0; bit < sealed.length * 8; bit++) {
        const altered = sealed.slice();
        altered[bit >> 3] = (altered[bit >> 3] as number) ^ (1 << (bit & 7));
        expect(typeof (await decryptFrame(altered, { kind, codec, keyAt })), `${codec} bit ${bit}`).toBe('string');
      }
    }
  });

  it('is refused when it is cut or continued', async () => {
    const numbers = new Numbers(5);
    for (let i = 0; i < 60; i++) {
      const { codec, kind, data } = anyFrame(numbers);
      const sealed = await encryptFrame(data, { kind, codec, key, index: 7, iv: numbers.bytes(12) });
      if (typeof sealed === 'string') continue;
      for (let length = 1; length < sealed.length; length++) {
        expect(typeof (await decryptFrame(sealed.slice(0, length), { kind, codec, keyAt }))).toBe('string');
      }
      const longer = Uint8Array.from([...sealed, ...numbers.bytes(1 + numbers.below(3))]);
      expect(typeof (await decryptFrame(longer, { kind, codec, keyAt }))).toBe('string');
    }
  });

  it('never opens, and never breaks anything, when it is noise', async () => {
    const numbers = new Numbers(6);
    for (let i = 0; i < 20_000; i++) {
      const codec = numbers.pick<Codec>([...CODECS, 'av1']);
      const kind = codec === 'opus' ? 'audio' : numbers.pick(['key', 'delta'] as const);
      const data = numbers.below(2) ? numbers.lowBytes(1 + numbers.below(80)) : annexB(numbers);
      if (numbers.below(2) && data.length > 2) data.set([12, 7], data.length - 2);
      expect(typeof (await decryptFrame(data, { kind, codec, keyAt }))).toBe('string');
    }
  });
});

describe('a frame', () => {
  const iv = new Numbers(7).bytes(12);
  const seal = (data: Bytes, codec: Codec, kind: FrameKind) => encryptFrame(data, { kind, codec, key, index: 7, iv });

  it('gets its reason when it is not sent', async () => {
    expect(await seal(new Uint8Array(20), 'av1', 'key')).toBe('codec');
    expect(await seal(new Uint8Array(9), 'vp8', 'key')).toBe('short');
    expect(await seal(new Uint8Array(2), 'vp8', 'delta')).toBe('short');
    expect(await seal(new Uint8Array(MAX_FRAME + 1), 'vp9', 'key')).toBe('large');
    const decryptOnly = await crypto.subtle.importKey('raw', rawKey, 'AES-GCM', false, ['decrypt']);
    const sealing = { kind: 'audio', codec: 'opus', key: decryptOnly, index: 0, iv } as const;
    expect(await encryptFrame(new Uint8Array(20), sealing)).toBe('internal');
  });

  it('gets its reason when it is not played', async () => {
    const open = (data: Bytes, codec: Codec = 'opus', kind: FrameKind = 'audio') => decryptFrame(data, { kind, codec, keyAt });
    const sealed = (await seal(new Uint8Array(20), 'opus', 'audio')) as Bytes;
    const withLast = (value: number, at = 1) => {
      const copy = sealed.slice();
      copy[copy.length - at] = value;
      return copy;
    };
    expect(await open(sealed)).toEqual(new Uint8Array(20));
    expect(await open(withLast(5))).toBe('no-key');
    expect(await open(withLast(255))).toBe('no-key');
    expect(await open(withLast(6))).toBe('auth');
    expect(await open(withLast(11, 2))).toBe('bad-trailer');
    expect(await open(sealed.slice(0, 30))).toBe('short');
    expect(await open(sealed, 'av1', 'key')).toBe('codec');
    expect(await open(new Uint8Array(MAX_FRAME + 1))).toBe('large');
    expect(readFrame(new Uint8Array(0), 'audio', 'opus')).toBe('empty');
    const encryptOnly = await crypto.subtle.importKey('raw', rawKey, 'AES-GCM', false, ['encrypt']);
    expect(await decryptFrame(sealed, { kind: 'audio', codec: 'opus', keyAt: () => encryptOnly })).toBe('internal');
  });

  it('that looks like a slice only after encryption is not sent', async () => {
    // The slice is too near to the end to be seen; behind a trailer it would be.
    expect(await seal(Uint8Array.of(0, 0, 0, 1, 0x41, 0x9a, 1), 'h264', 'delta')).not.toBe('ambiguous');
    expect(await seal(Uint8Array.of(0, 0, 1, 0x67, 5, 0, 0, 1, 0x65, 1), 'h264', 'key')).toBe('ambiguous');
  });

  it('with every length of clear bytes goes through H.264', async () => {
    for (let length = 0; length < 600; length += 7) {
      const data = Uint8Array.from([0, 0, 0, 1, 0x06, ...new Array(length).fill(9), 0, 0, 0, 1, 0x65, 0x88, 0, 0, 1, 2, 3]);
      const sealed = (await seal(data, 'h264', 'key')) as Bytes;
      expect(await decryptFrame(sealed, { kind: 'key', codec: 'h264', keyAt })).toEqual(data);
    }
  });
});

describe('NAL units', () => {
  it('are found as the reference finds them', () => {
    const numbers = new Numbers(8);
    let slices = 0;
    for (let i = 0; i < 30_000; i++) {
      const data = numbers.below(3) ? annexB(numbers) : numbers.lowBytes(numbers.below(60));
      const wanted = reference.layout('h264', 'key', data);
      expect(firstSlice(data), hex(data)).toBe(wanted?.escaped ? wanted.clear - 2 : -1);
      if (wanted?.escaped) slices++;
      const head = data.subarray(0, numbers.below(data.length + 1));
      expect(hex(withLongStartCodes(head))).toBe(hex(reference.longStartCodes(head)));
    }
    expect(slices).toBeGreaterThan(5000);
  });

  it('escape and come back, whatever stands before', () => {
    const numbers = new Numbers(9);
    for (let i = 0; i < 30_000; i++) {
      const run = numbers.lowBytes(numbers.below(40));
      const head = new Uint8Array(numbers.below(4));
      const out = joinEscaped(head, run);
      expect(hex(out)).toBe(hex(head) + hex(reference.escape(run)));
      expect(hex(withoutEscapes(out.subarray(head.length)))).toBe(hex(run));
    }
  });

  it('without anything to change are not copied', () => {
    const head = Uint8Array.of(0, 0, 0, 1, 0x65, 0x88);
    expect(withLongStartCodes(head)).toBe(head);
    expect(withoutEscapes(head)).toBe(head);
  });
});

describe('codec', () => {
  it('is read from MIME types', () => {
    const types = { 'video/VP8': 'vp8', 'video/H264': 'h264', 'audio/opus': 'opus', 'video/AV1': 'av1', 'video/VP9; x=1': 'vp9' };
    for (const [type, codec] of Object.entries(types)) expect(codecOf(type)).toBe(codec);
    for (const type of ['', 'video/', 'video/H266', 'audio/red', 'text']) expect(codecOf(type)).toBe('unknown');
  });

  it('AV1 has no layout', () => expect(layoutOf('key', 'av1', new Uint8Array(20))).toBeNull());
});

describe('what servers append', () => {
  const mark = new Numbers(10).bytes(43);

  it('is known by its mark, unless that is too short', () => {
    const frame = Uint8Array.from([1, 2, 3, ...mark]);
    expect(isInjected(frame, mark)).toBe(true);
    expect(isInjected(frame, null)).toBe(false);
    expect(isInjected(frame.subarray(0, 45), mark)).toBe(false);
    expect(isInjected(mark.subarray(0, 20), mark)).toBe(false);
    expect(isInjected(Uint8Array.of(1, 12, 0), Uint8Array.of(12, 0))).toBe(false);
  });

  it('metadata is cut off only where it is whole', () => {
    const frame = Uint8Array.from([9, 9, 1 ^ 255, 0 ^ 255, 7 ^ 255, 0x4c, 0x4b, 0x54, 0x53]);
    expect(withoutMetadata(frame)).toEqual(Uint8Array.of(9, 9));
    const claims = (length: number) => withoutMetadata(Uint8Array.of(9, 9, length ^ 255, 0x4c, 0x4b, 0x54, 0x53)).length;
    expect([4, 5, 7, 8, 255].map(claims)).toEqual([7, 2, 0, 7, 7]);
    expect(withoutMetadata(Uint8Array.of(0x4c, 0x4b, 0x54, 0x53))).toHaveLength(4);
    expect(withoutMetadata(Uint8Array.of(9, 250, 0x4c, 0x4b, 0x54, 0x54))).toHaveLength(6);
  });
});
