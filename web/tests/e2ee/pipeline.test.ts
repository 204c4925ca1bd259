// SPDX-License-Identifier: Apache-2.0
// Tracks from end to end: what one person seals the other opens, and nothing else passes, whatever happens.
import { describe, expect, it } from 'vitest';
import { encryptFrame } from '../../src/e2ee/frame';
import { IvSource } from '../../src/e2ee/iv';
import { FrameOpener, FrameSealer } from '../../src/e2ee/pipeline';
import { ReplayGuard } from '../../src/e2ee/replay';
import { KeyRing } from '../../src/e2ee/ring';
import { Senders } from '../../src/e2ee/senders';
import type { Bytes, Codec, EncodedFrame, FrameKey } from '../../src/e2ee/types';
import { frameKey, hex, Numbers } from './kit';

const [key, nextKey] = (await Promise.all([frameKey(1), frameKey(2)])) as [FrameKey, FrameKey];
const numbers = new Numbers(1);

class Frame implements EncodedFrame {
  data: ArrayBuffer;
  type?: string;
  metadata: { mimeType?: string; payloadType?: number } = {};

  constructor(bytes: Bytes, type?: string) {
    this.data = bytes.slice().buffer;
    if (type) this.type = type;
  }

  getMetadata() {
    return this.metadata;
  }

  get hex() {
    return hex(new Uint8Array(this.data));
  }

  copy(): Frame {
    const copy = new Frame(new Uint8Array(this.data), this.type);
    copy.metadata = this.metadata;
    return copy;
  }
}

const audio = () => new Frame(numbers.bytes(60));
const video = (type = 'delta') => new Frame(numbers.bytes(200), type);

function ringWith(...keys: FrameKey[]): KeyRing {
  const ring = new KeyRing();
  keys.forEach((each, index) => ring.set(index, each));
  if (keys.length > 0) ring.use(0);
  return ring;
}

/** Alice's side and Bob's, each with what a worker has once. */
function pair(codec: Codec = 'vp8') {
  const sendRing = ringWith(key);
  const ring = ringWith(key);
  const ivs = new IvSource();
  const senders = new Senders();
  const guard = new ReplayGuard();
  const sealerOf = (media: 'audio' | 'video') => new FrameSealer({ media, identity: 'alice', ring: sendRing, ivs, codec });
  const openerOf = (media: 'audio' | 'video', identity = 'alice') =>
    new FrameOpener({ media, identity, ring, senders, guard, codec });
  return { sendRing, ring, senders, guard, sealerOf, openerOf };
}

describe('a track', () => {
  it.each<[Codec, 'audio' | 'video']>([
    ['opus', 'audio'],
    ['vp8', 'video'],
    ['vp9', 'video'],
    ['h264', 'video'],
    ['h265', 'video'],
  ])('of %s goes through', async (codec, media) => {
    const { sealerOf, openerOf } = pair(codec);
    const sealer = sealerOf(media);
    const opener = openerOf(media);
    for (let i = 0; i < 50; i++) {
      const frame = media === 'audio' ? audio() : video(i % 10 ? 'delta' : 'key');
      const plain = frame.hex;
      expect(await sealer.seal(frame, 1000 + i)).toBe(true);
      expect(frame.hex).not.toContain(plain.slice(20));
      expect(frame.data.byteLength).toBeGreaterThanOrEqual(plain.length / 2 + 30);
      expect(await opener.open(frame, 2000 + i)).toBe(true);
      expect(frame.hex).toBe(plain);
    }
    expect(sealer.health).toMatchObject({ ok: 50, lastOkMs: 1049, dropped: {}, lastReason: null });
    expect(opener.health).toMatchObject({ ok: 50, lastOkMs: 2049, dropped: {}, lastReason: null });
    expect(opener.verified).toBe(true);
  });

  it('takes the codec from the frame, its payload type or the page, in this order', async () => {
    const { sealerOf } = pair('unknown');
    const clearOf = async (sealer: FrameSealer, metadata: Frame['metadata']) => {
      const frame = new Frame(new Uint8Array(40).fill(0x55), 'key');
      frame.metadata = metadata;
      if (!(await sealer.seal(frame, 0))) return null;
      return new Uint8Array(frame.data).findIndex((byte) => byte !== 0x55);
    };
    const sealer = sealerOf('video');
    expect(await clearOf(sealer, {})).toBeNull();
    sealer.setCodec('vp8');
    expect(await clearOf(sealer, {})).toBeGreaterThanOrEqual(10);
    sealer.setPayloadTypes(new Map([[98, 'vp9']]));
    expect(await clearOf(sealer, { payloadType: 98 })).toBeLessThan(3);
    expect(await clearOf(sealer, { payloadType: 97 })).toBeGreaterThanOrEqual(10);
    expect(await clearOf(sealer, { payloadType: 98, mimeType: 'video/VP8' })).toBeGreaterThanOrEqual(10);
    expect(await clearOf(sealer, { payloadType: 98, mimeType: 'video/AV1' })).toBeNull();
    expect(await clearOf(sealer, { mimeType: 'video/x-new' })).toBeNull();
    expect(sealer.health.dropped).toEqual({ codec: 3 });
  });

  it('switches keys without losing what is on its way', async () => {
    const { sendRing, ring, sealerOf, openerOf } = pair();
    const sealer = sealerOf('video');
    const opener = openerOf('video');
    const late = [video(), video()] as const;
    for (const frame of late) await sealer.seal(frame, 0);
    ring.set(1, nextKey);
    sendRing.set(1, nextKey);
    sendRing.use(1);
    ring.retire(0, 10_000);
    const frame = video();
    await sealer.seal(frame, 1);
    expect(new Uint8Array(frame.data).at(-1)).toBe(1);
    expect(await opener.open(frame, 1)).toBe(true);
    expect(await opener.open(late[0], 9_999)).toBe(true);
    expect(await opener.open(late[1], 10_000)).toBe(false);
    expect(opener.health).toMatchObject({ dropped: { 'no-key': 1 }, lastReason: 'no-key', lastDropMs: 10_000, lastOkMs: 9_999 });
    expect(opener.verified).toBe(true);
  });

  it('is refused on a second track, of anybody', async () => {
    const { sealerOf, openerOf } = pair();
    const frame = video();
    await sealerOf('video').seal(frame, 0);
    const copies = [frame.copy(), frame.copy(), frame.copy()] as const;
    const opener = openerOf('video');
    expect(await opener.open(frame, 0)).toBe(true);
    expect(await opener.open(copies[0], 0)).toBe(false);
    expect(opener.health.dropped).toEqual({ replay: 1 });
    const second = openerOf('video');
    expect(await second.open(copies[1], 0)).toBe(false);
    expect(second.health.dropped).toEqual({ replay: 1 });
    const bobs = openerOf('video', 'bob');
    expect(await bobs.open(copies[2], 0)).toBe(false);
    expect(bobs.health.dropped).toEqual({ sender: 1 });
  });

  it('shown as another person is refused, even if that person never sent', async () => {
    const { sealerOf, openerOf } = pair();
    openerOf('video', 'alice');
    const bobs = openerOf('video', 'bob');
    const sealer = sealerOf('video');
    for (let i = 0; i < 20; i++) {
      const frame = video();
      await sealer.seal(frame, i);
      expect(await bobs.open(frame, i)).toBe(false);
    }
    expect(bobs.health).toMatchObject({ ok: 0, lastOkMs: -Infinity, dropped: { sender: 20 } });
  });

  it('opened twice at the same moment passes once', async () => {
    const { sealerOf, openerOf } = pair();
    const frame = audio();
    await sealerOf('audio').seal(frame, 0);
    const openers = [openerOf('audio'), openerOf('audio'), openerOf('audio')];
    const passed = await Promise.all(openers.map((opener) => opener.open(frame.copy(), 0)));
    expect(passed.filter(Boolean)).toHaveLength(1);
  });

  it('of another maker is opened, and is not called verified', async () => {
    const { openerOf } = pair();
    const opener = openerOf('video', 'robot');
    for (let i = 0; i < 3; i++) {
      const iv = Uint8Array.from([0, 1, 2, 3, 0, 0, 0, i, 0, 0, 0, 0]);
      const sealed = await encryptFrame(new Uint8Array(40), { kind: 'delta', codec: 'vp8', key: key.aes, index: 0, iv });
      expect(await opener.open(new Frame(sealed as Bytes, 'delta'), i)).toBe(true);
    }
    expect(opener.verified).toBe(false);
  });

  it('with metadata behind it is opened where the track says so', async () => {
    const { ring, senders, guard, sealerOf } = pair();
    const frame = video();
    const plain = frame.hex;
    await sealerOf('video').seal(frame, 0);
    const tagged = frame.copy();
    tagged.data = Uint8Array.from([...new Uint8Array(frame.data), 7 ^ 255, 255, 7 ^ 255, 0x4c, 0x4b, 0x54, 0x53]).buffer;
    const options = { media: 'video', identity: 'alice', ring, senders, guard, codec: 'vp8' } as const;
    expect(await new FrameOpener(options).open(tagged.copy(), 0)).toBe(false);
    const opener = new FrameOpener({ ...options, metadata: true });
    expect(await opener.open(tagged, 0)).toBe(true);
    expect(tagged.hex).toBe(plain);
  });
});

describe('nothing passes', () => {
  it('sealed without a key', async () => {
    const ring = new KeyRing();
    const sealer = new FrameSealer({ media: 'audio', identity: 'a', ring, ivs: new IvSource(), codec: 'opus' });
    expect(await sealer.seal(audio(), 5)).toBe(false);
    expect(await sealer.seal(new Frame(new Uint8Array(0)), 6)).toBe(false);
    ring.set(0, key);
    expect(await sealer.seal(audio(), 7)).toBe(false);
    ring.use(0);
    expect(await sealer.seal(audio(), 8)).toBe(true);
    ring.retire(0, 100);
    expect(await sealer.seal(audio(), 9)).toBe(false);
    expect(sealer.health).toMatchObject({ ok: 1, dropped: { 'no-key': 4 } });
  });

  it('opened without a key, or with another', async () => {
    const { sealerOf, senders, guard } = pair();
    const frame = audio();
    await sealerOf('audio').seal(frame, 0);
    const opener = (ring: KeyRing) => new FrameOpener({ media: 'audio', identity: 'alice', ring, senders, guard });
    const [none, wrong, right] = [opener(new KeyRing()), opener(ringWith(nextKey)), opener(ringWith(key))];
    expect(await none.open(frame.copy(), 0)).toBe(false);
    expect(await wrong.open(frame.copy(), 0)).toBe(false);
    expect([none.health.lastReason, wrong.health.lastReason]).toEqual(['no-key', 'auth']);
    expect(await right.open(frame, 0)).toBe(true);
  });

  it('clear, empty, cut or made by the server', async () => {
    const { openerOf } = pair();
    const opener = openerOf('audio');
    const mark = numbers.bytes(43);
    opener.setInjectedMark(mark);
    const results: unknown[] = [];
    for (const bytes of [
      new Uint8Array(60).fill(7),
      new Uint8Array(0),
      Uint8Array.of(0, 0, 0, 12, 0),
      Uint8Array.from([0xf8, 0xff, 0xfe, ...mark]),
    ]) {
      results.push(await opener.open(new Frame(bytes), 0), opener.health.lastReason);
    }
    expect(results).toEqual([false, 'bad-trailer', false, 'empty', false, 'short', false, 'injected']);
    expect(opener.health.ok).toBe(0);
  });

  it('video of a kind that is neither key nor delta', async () => {
    const { sealerOf, openerOf } = pair();
    for (const type of ['empty', undefined, 'other']) {
      const frame = new Frame(numbers.bytes(50), type);
      expect(await sealerOf('video').seal(frame, 0)).toBe(false);
      expect(await openerOf('video').open(frame, 0)).toBe(false);
    }
  });

  it('when anything throws', async () => {
    const { sealerOf, openerOf } = pair();
    const broken = (part: 'data' | 'metadata' | 'set'): EncodedFrame => ({
      get data(): ArrayBuffer {
        if (part === 'data') throw new Error('no data');
        return new ArrayBuffer(50);
      },
      set data(_: ArrayBuffer) {
        throw new Error('cannot be written');
      },
      type: 'delta',
      getMetadata: () => {
        if (part === 'metadata') throw new Error('no metadata');
        return {};
      },
    });
    for (const part of ['data', 'metadata', 'set'] as const) {
      const sealer = sealerOf('video');
      expect(await sealer.seal(broken(part), 3)).toBe(false);
      expect(sealer.health).toMatchObject({ ok: 0, dropped: { internal: 1 }, lastDropMs: 3 });
    }
    for (const part of ['data', 'metadata'] as const) {
      const opener = openerOf('video');
      expect(await opener.open(broken(part), 3)).toBe(false);
      expect(opener.health).toMatchObject({ ok: 0, dropped: { internal: 1 } });
    }
  });

  it('as it came: a frame that may go on never holds its clear bytes', async () => {
    const { sealerOf, sendRing } = pair('h264');
    const sealer = sealerOf('video');
    for (let i = 0; i < 2000; i++) {
      if (i % 100 === 50) sendRing.erase(0);
      if (i % 100 === 60) {
        sendRing.set(0, key);
        sendRing.use(0);
      }
      const bytes = i % 2 ? numbers.lowBytes(12 + numbers.below(60)) : numbers.bytes(12 + numbers.below(60));
      const frame = new Frame(bytes, numbers.below(3) ? 'delta' : 'key');
      const tail = frame.hex.slice(-16);
      if (await sealer.seal(frame, i)) expect(frame.hex.slice(-16)).not.toBe(tail);
      else expect(sealer.health.lastDropMs).toBe(i);
    }
    expect(sealer.health.dropped['no-key']).toBe(200);
    expect(sealer.health.ok).toBeGreaterThan(1500);
  });
});

describe('an empty frame', () => {
  it('stays empty for senders that have a key, and is no evidence', async () => {
    const { sealerOf } = pair();
    const sealer = sealerOf('video');
    const frame = new Frame(new Uint8Array(0), 'empty');
    expect(await sealer.seal(frame, 5)).toBe(true);
    expect(frame.data.byteLength).toBe(0);
    expect(sealer.health).toMatchObject({ ok: 0, lastOkMs: -Infinity, dropped: {} });
  });
});

describe('memory', () => {
  it('of a track does not grow with its frames', async () => {
    const { sealerOf, openerOf, guard } = pair('vp9');
    const sealer = sealerOf('video');
    const opener = openerOf('video');
    for (let i = 0; i < 5000; i++) {
      const frame = new Frame(new Uint8Array(20), 'delta');
      await sealer.seal(frame, i);
      await opener.open(frame, i);
    }
    expect(opener.health.ok).toBe(5000);
    expect(guard.size).toEqual({ streams: 1, windows: 1 });
  });
});
