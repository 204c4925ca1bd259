// SPDX-License-Identifier: Apache-2.0
import { beforeEach, describe, expect, it } from 'vitest';
import { Hold, type HeldKey, holdKey } from '../../src/e2ee/hold';
import { makeKey } from '../../src/e2ee/key';
import { KeyRing } from '../../src/e2ee/ring';
import { OVERLAP_MS } from '../../src/e2ee/rotate';
import type { Bytes } from '../../src/e2ee/types';

const NEW = 5;
const OTHER = 9;

let ring: KeyRing;
let hold: Hold;
let [first, second]: HeldKey[] = [];

beforeEach(async () => {
  ring = new KeyRing();
  hold = new Hold(ring);
  first = await holdKey(makeKey() as Bytes, 128, 0);
  second = await holdKey(makeKey() as Bytes, 128, 1, NEW);
  hold.adopt(first);
});

describe('a key that was replaced', () => {
  beforeEach(() => {
    hold.install(second as HeldKey);
    hold.switchToNext(1000);
  });

  it('decrypts for ten seconds at most, even if nobody comes to erase it', () => {
    expect(ring.get(OTHER, 1000 + OVERLAP_MS - 1)).toBe(first?.frames);
    expect(ring.get(OTHER, 1000 + OVERLAP_MS)).toBe(null);
    expect(ring.get(NEW, 1000 + OVERLAP_MS)).toBe(second?.frames);
  });

  it('is overwritten when it is erased', () => {
    expect(first?.raw.some((byte) => byte !== 0)).toBe(true);
    hold.eraseOld();
    expect(first?.raw.every((byte) => byte === 0)).toBe(true);
    expect(ring.get(OTHER, 1000)).toBe(second?.frames);
  });
});

it('a silenced key neither sends nor receives', () => {
  expect(ring.sending()?.key).toBe(first?.frames);
  hold.silence();
  expect([ring.sending(), ring.get(0, 0)]).toEqual([null, null]);
});
