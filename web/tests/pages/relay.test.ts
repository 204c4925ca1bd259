// SPDX-License-Identifier: Apache-2.0
// The demonstration runs on real bytes: what the server has, what B gets, what one flipped bit does.
import { expect, it } from 'vitest';
import { partOf } from '../../src/pages/e2ee/ByteRow';
import { readClear } from '../../src/pages/e2ee/codec';
import { makeRelay, type Parcel } from '../../src/pages/e2ee/relay';

/** A VP8 key frame's beginning, 320 by 180, and a picture of sorts. */
const frame = new Uint8Array([
  0x10,
  0,
  0,
  0x9d,
  0x01,
  0x2a,
  0x40,
  0x01,
  0xb4,
  0x00,
  ...Array.from({ length: 50 }, (_, i) => i),
]);
const parcel: Parcel = { frame, kind: 'key', codec: 'vp8', encrypted: true, flip: false };

it('the server has the clear bytes and nothing else of the frame', async () => {
  const relay = await makeRelay();
  const journey = await relay.send(parcel);
  if (typeof journey === 'string') throw new Error(journey);
  expect(journey.clear).toBe(10);
  expect([...journey.wire.subarray(0, 10)]).toEqual([...frame.subarray(0, 10)]);
  expect(journey.wire.length).toBe(frame.length + 30);
  expect(Buffer.from(journey.wire).includes(Buffer.from(frame.subarray(10, 26)))).toBe(false);
  expect(journey.received).toEqual(frame);
  expect(relay.fingerprint).toHaveLength(4);
});

it('one bit, and B drops the frame', async () => {
  const journey = await (await makeRelay()).send({ ...parcel, flip: true });
  if (typeof journey === 'string') throw new Error(journey);
  expect(journey.flipped).toBe(13);
  expect(journey.received).toBe('auth');
});

it('without encryption the server has all, and a flipped bit is shown', async () => {
  const relay = await makeRelay();
  const journey = await relay.send({ ...parcel, encrypted: false, flip: true });
  if (typeof journey === 'string') throw new Error(journey);
  expect(journey.wire).not.toEqual(frame);
  expect(journey.received).toEqual(journey.wire);
  expect(frame[3]).toBe(0x9d);
});

it('no two frames have the same bytes', async () => {
  const relay = await makeRelay();
  const [one, two] = [await relay.send(parcel), await relay.send(parcel)];
  expect(one).not.toEqual(two);
});

it('knows what each byte is', () => {
  const parts = Array.from({ length: 60 }, (_, i) => partOf(i, 60, 10, true));
  expect([parts[9], parts[10], parts[29], parts[30], parts[45], parts[46], parts[59]]).toEqual([
    ...['clear', 'cipher', 'cipher', 'tag', 'tag', 'trailer', 'trailer'],
  ]);
  expect(partOf(59, 60, 10, false)).toBe('plain');
});

it('reads the size from the clear bytes, as the server could', () => {
  expect(readClear(frame)).toEqual({ width: 320, height: 180 });
  expect(readClear(new Uint8Array([0x11, 0, 0]))).toBeNull();
});
