// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { type Makers, Pipes } from '../../src/e2ee/pipes';
import { Frame, settle, TestPipe } from './party';

const TO = { identity: 'anna', track: 'TR_1', media: 'video', codec: 'vp8' } as const;

it('a frame that was being decrypted when its track was taken away goes nowhere', async () => {
  let finish: (ok: boolean) => void = () => undefined;
  const opener = {
    health: { ok: 0, dropped: {}, lastReason: null },
    lastIndex: 0,
    open: () => new Promise<boolean>((done) => (finish = done)),
  };
  const pipes = new Pipes({ opener: () => opener, nowMs: () => 0, opened: () => undefined } as unknown as Makers);
  const one = new TestPipe(0);
  pipes.add(0, 'open', one.readable, one.writable);
  for (const isTaken of [false, true]) {
    pipes.bind(0, TO);
    one.push(new Frame(new Uint8Array(40)));
    await settle();
    if (isTaken) pipes.bind(0, { ...TO, identity: 'ben' });
    finish(true);
    await settle();
    expect(one.out.length).toBe(1);
  }
});
