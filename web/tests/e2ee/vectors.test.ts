// SPDX-License-Identifier: Apache-2.0
// The vectors were taken from LiveKit's JavaScript worker and from its native library. Each is a test of its own; what
// each compares is counted, and the sum is looked at in the end.
import { afterAll, describe, expect, it } from 'vitest';
import { codecOf } from '../../src/e2ee/codec';
import { deriveFromBytes, deriveFromText } from '../../src/e2ee/derive';
import { decryptFrame, encryptFrame, readFrame } from '../../src/e2ee/frame';
import { decryptPacket, encryptPacket } from '../../src/e2ee/packet';
import { isInjected, withoutMetadata } from '../../src/e2ee/sif';
import type { Bytes, FrameKind, KeyBits } from '../../src/e2ee/types';
import { hex, unhex, type Vector, vectors } from './kit';
import { seal } from './reference';

let compared = 0;
function same(got: unknown, wanted: unknown, what?: string): void {
  compared++;
  expect(got, what).toEqual(wanted);
}

const IV = unhex('808182838485868788898a8b');
const NONE = new Uint8Array(0);

/** A derived key cannot be read, so it is told by what it makes of some bytes. */
async function isKey(key: CryptoKey, bytes: string, what?: string): Promise<void> {
  const text = new Uint8Array([1, 2, 3]);
  same(hex((await encryptPacket(text, key, IV)) as Bytes), hex(seal(unhex(bytes), IV, NONE, text)), what);
}

function derive(kdf: string, material: string, bits: KeyBits, salt: string | Bytes): Promise<CryptoKey> {
  return (kdf === 'PBKDF2' ? deriveFromText : deriveFromBytes)(unhex(material), bits, salt);
}

const keys = new Map<string, Promise<CryptoKey>>();
function keyNamed(name: string): Promise<CryptoKey> {
  const { kdf, material, bits, salt_utf8 } = vectors.keys[name] as Vector;
  const key = keys.get(name) ?? derive(kdf, material, bits, salt_utf8);
  keys.set(name, key);
  return key;
}

function mediaIv(ssrc: number, timestamp: number, counter: number): Bytes {
  const view = new DataView(new ArrayBuffer(12));
  view.setUint32(0, ssrc);
  view.setUint32(4, timestamp);
  view.setUint32(8, timestamp - (counter % 65535));
  return new Uint8Array(view.buffer);
}

async function opened(name: string | null, index: number, codec: string, kind: string, data: string): Promise<string | null> {
  const key = name && (await keyNamed(name));
  const keyAt = (i: number) => (key && i === index ? key : null);
  const result = await decryptFrame(unhex(data), { kind: kind as FrameKind, codec: codecOf(codec), keyAt });
  return typeof result === 'string' ? null : hex(result);
}

async function sealed(name: string, index: number, codec: string, kind: string, plain: string, iv: Bytes): Promise<string> {
  const key = await keyNamed(name);
  const sealing = { kind: kind as FrameKind, codec: codecOf(codec), key, index, iv };
  const result = await encryptFrame(unhex(plain), sealing);
  return typeof result === 'string' ? result : hex(result);
}

describe('keys', () => {
  it.each(Object.keys(vectors.keys))('%s', async (name) => isKey(await keyNamed(name), vectors.keys[name]?.aes_key));

  it.each(vectors.kdf)('$id', async (v) => {
    const { type, value } = v.input;
    const key = type === 'string' ? deriveFromText(value, v.key_bits, v.salt_utf8) : deriveFromBytes(unhex(value), v.key_bits, v.salt_utf8);
    await isKey(await key, v.aes_key);
    same((await key).extractable, false);
  });

  // We do not ratchet, but each step is a derivation from bytes that are known, and the next step's are a 256-bit key.
  it.each(vectors.ratchet)('ratchet $id', async (v) => {
    const kdf = v.input.type === 'string' ? 'PBKDF2' : 'HKDF';
    for (const [i, step] of v.steps.entries()) {
      await isKey(await derive(kdf, step.material, v.key_bits, v.salt_utf8), step.aes_key);
      const next = v.steps[i + 1];
      if (next) await isKey(await derive(kdf, step.material, 256, v.salt_utf8), next.material);
    }
  });

  it.each(vectors.native.kdf_from_library_log as Vector[])('native %#', async (v) => {
    await isKey(await derive(v.kdf, v.input, 128, unhex(v.salt)), v.aes_key);
  });

  it('native, from its unit test', async () => {
    const v = vectors.native.upstream_unit_test;
    await isKey(await derive('PBKDF2', v.material, 128, unhex(v.salt)), v.aes_key);
  });
});

describe('frames', () => {
  it.each(vectors.frames)('$id $label', async (v) => {
    if (v.expect === 'no output') {
      same(await sealed(v.key, v.key_index, v.codec, v.kind, v.plain, IV), 'codec');
      return;
    }
    const iv = unhex(v.parts.iv);
    const encrypted = await sealed(v.key, v.key_index, v.codec, v.kind, v.plain, iv);
    same(encrypted, v.encrypted);
    const parts = readFrame(unhex(encrypted), v.kind, codecOf(v.codec));
    if (typeof parts === 'string') throw new Error(parts);
    same(hex(parts.head), v.parts.clear);
    same(hex(parts.body), v.parts.ciphertext + v.parts.tag);
    same(hex(parts.iv), v.parts.iv);
    same(parts.index, v.parts.key_index);
    same(parts.head.length + parts.body.length + 14 + v.parts.escaped, encrypted.length / 2);
    same(await opened(v.key, v.key_index, v.codec, v.kind, encrypted), v.normalised_plain ?? v.plain);
  });

  it.each(vectors.frames.filter((v) => v.encrypted))('$id, each byte altered', async (v) => {
    for (let i = 0; i < v.encrypted.length / 2; i++) {
      const altered = unhex(v.encrypted);
      altered[i] = (altered[i] as number) ^ (1 << (i & 7));
      same(await opened(v.key, v.key_index, v.codec, v.kind, hex(altered)), null, `byte ${i}`);
    }
  });

  it.each(vectors.sequences.filter((v) => v.timestamps))('$id', async (v) => {
    for (const [i, encrypted] of v.encrypted.entries()) {
      const iv = mediaIv(v.ssrc, v.timestamps[i], v.first_counter + i);
      same(await sealed(v.key, 0, v.codec, v.kind, v.plain, iv), encrypted);
      same(await opened(v.key, 0, v.codec, v.kind, encrypted), v.plain);
    }
  });

  it('an empty frame stays empty', async () => same(await sealed('str-basic/128', 0, 'opus', 'audio', '', IV), ''));

  // Where the SDK passes a frame of somebody whom the server calls unencrypted, there is no such switch here.
  it.each(vectors.decrypt.filter((v) => v.codec))('decrypt: $id', async (v) => {
    const key = v.key === undefined ? null : v.key === 'wrong' ? 'key-B/128' : v.key;
    const inputs: string[] = [v.input].flat();
    const outputs: (string | null)[] = key === null ? inputs.map(() => null) : [v.output].flat();
    for (const [i, input] of inputs.entries()) same(await opened(key, 0, v.codec, v.kind, input), outputs[i]);
  });

  // Without a window for guesses, a frame under the next step's key is a frame under a wrong key.
  it.each(vectors.auto_ratchet)('$id', async (v) => {
    same(await opened(v.key, 0, v.codec, v.kind, v.input), null);
    const material = vectors.ratchet.find((r) => r.id === v.key)?.steps[v.sender_steps].material;
    const key = await derive('PBKDF2', material, 128, 'LKFrameEncryptionKey');
    const result = await decryptFrame(unhex(v.input), { kind: v.kind, codec: codecOf(v.codec), keyAt: () => key });
    same(hex(result as Bytes), v.plain);
  });

  it.each(vectors.native.frames)('native %# $codec $kind', async (v) => {
    same(await opened(v.key, 0, v.codec, v.kind, v.encrypted), v.plain);
    const parts = readFrame(unhex(v.encrypted), v.kind, codecOf(v.codec));
    if (typeof parts === 'string') throw new Error(parts);
    same(hex(parts.iv).startsWith(v.ssrc.toString(16).padStart(8, '0') + v.rtp_timestamp.toString(16).padStart(8, '0')), true);
    same(await sealed(v.key, parts.index, v.codec, v.kind, v.plain, parts.iv), v.encrypted);
  });
});

describe('what servers append', () => {
  it.each(vectors.sif)('$id is recognised and does not decrypt', async (v) => {
    const mark = new TextEncoder().encode(v.trailer_utf8);
    same(isInjected(unhex(v.input), mark), true);
    same(await opened('str-basic/128', 0, v.codec, v.kind, v.input), null);
  });

  it.each(vectors.packet_trailer)('metadata $id', async (v) => {
    const iv = mediaIv(v.ssrc, v.timestamp, v.counter);
    const encrypted = await sealed(v.key, v.key_index, v.codec, v.kind, v.plain, iv);
    same(v.encrypted.startsWith(encrypted), true);
    same(hex(withoutMetadata(unhex(v.encrypted))), encrypted);
    same(await opened(v.key, v.key_index, v.codec, v.kind, encrypted), v.decoded);
    same(await opened(v.key, v.key_index, v.codec, v.kind, v.encrypted), v.decoded_when_feature_not_advertised);
  });
});

describe('packets', () => {
  const cases: Vector[] = [...vectors.data, ...vectors.native.data, ...vectors.native.js_data_accepted_by_native];
  it.each(cases)('%#', async (v) => {
    const key = await keyNamed(v.key);
    const iv = unhex(v.iv);
    same(hex((await encryptPacket(unhex(v.plain), key, iv)) as Bytes), v.encrypted_value);
    same(hex((await decryptPacket(unhex(v.encrypted_value), key, iv)) as Bytes), v.plain);
    for (let i = 0; i < v.encrypted_value.length / 2; i++) {
      const altered = unhex(v.encrypted_value);
      altered[i] = (altered[i] as number) ^ 1;
      same(await decryptPacket(altered, key, iv), 'auth', `byte ${i}`);
    }
    for (let i = 0; i < 12; i++) {
      const altered = iv.slice();
      altered[i] = (altered[i] as number) ^ 1;
      same(await decryptPacket(unhex(v.encrypted_value), key, altered), 'auth', `IV byte ${i}`);
    }
  });

  it.each(vectors.data_auto_ratchet)('$id', async (v) => {
    same(await decryptPacket(unhex(v.payload), await keyNamed('str-basic/128'), unhex(v.iv)), 'auth');
  });
});

afterAll(() => {
  process.stdout.write(`# vectors: ${compared} comparisons\n`);
  expect(compared).toBeGreaterThanOrEqual(2368);
});
