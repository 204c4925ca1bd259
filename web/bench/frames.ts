// SPDX-License-Identifier: Apache-2.0
// What a frame costs in the worker: the whole way through FrameSealer and FrameOpener, against WebCrypto alone on the same
// bytes. The two take turns, so that whatever else the machine does meets both.
import { layoutOf } from '../src/e2ee/codec';
import { deriveRoom } from '../src/e2ee/derive';
import { IvSource } from '../src/e2ee/iv';
import { makeKey } from '../src/e2ee/key';
import { FrameOpener, FrameSealer } from '../src/e2ee/pipeline';
import { ReplayGuard } from '../src/e2ee/replay';
import { KeyRing } from '../src/e2ee/ring';
import { Senders } from '../src/e2ee/senders';
import type { Bytes, Codec, EncodedFrame, FrameKind } from '../src/e2ee/types';

interface Case {
  name: string;
  codec: Codec;
  kind: FrameKind;
  size: number;
}

/** 720p at 30 frames and 1.5 to 2 Mbit/s; key frames are eight times as large; Opus at 32 kbit/s. */
const CASES: Case[] = [
  { name: 'Opus, 20 ms', codec: 'opus', kind: 'audio', size: 80 },
  { name: 'VP8 720p, delta', codec: 'vp8', kind: 'delta', size: 8_000 },
  { name: 'VP8 720p, key', codec: 'vp8', kind: 'key', size: 64_000 },
  { name: 'VP9 720p, delta', codec: 'vp9', kind: 'delta', size: 8_000 },
  { name: 'H.264 720p, delta', codec: 'h264', kind: 'delta', size: 8_000 },
  { name: 'H.264 720p, key', codec: 'h264', kind: 'key', size: 64_000 },
  { name: 'VP8 1080p screen, key', codec: 'vp8', kind: 'key', size: 400_000 },
];

const ROUNDS = 40;
const BATCH = 50;

function plainFrame({ codec, size }: Case): Bytes {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
  if (codec === 'h264') {
    // Parameter sets and a slice, without start codes in between.
    for (let i = 0; i < size; i++) if ((bytes[i] as number) < 4) bytes[i] = 4;
    bytes.set([0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0, 0, 0, 1, 0x68, 0xcb, 0, 0, 0, 1, 0x65, 0x88]);
  }
  return bytes;
}

class Frame implements EncodedFrame {
  constructor(
    public data: ArrayBuffer,
    readonly type: string,
    readonly mimeType: string,
  ) {}
  getMetadata() {
    return { mimeType: this.mimeType };
  }
}

/** Milliseconds for one, from a batch: clocks of browsers are too coarse for single frames. */
async function timed(batch: number, each: (i: number) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < batch; i++) await each(i);
  return (performance.now() - start) / batch;
}

function at(values: number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] as number;
}

async function measure(which: Case) {
  const media = which.kind === 'audio' ? 'audio' : 'video';
  const key = await deriveRoom(makeKey(), 128);
  const ring = new KeyRing();
  ring.set(0, key);
  ring.use(0);
  const sealer = new FrameSealer({ media, identity: 'a', ring, ivs: new IvSource() });
  const opener = new FrameOpener({ media, identity: 'a', ring, senders: new Senders(), guard: new ReplayGuard() });
  const plain = plainFrame(which);
  const layout = layoutOf(which.kind, which.codec, plain);
  if (!layout) throw new Error('no layout');
  const head = plain.slice(0, layout.clear);
  const body = plain.slice(layout.clear);
  const frame = () => new Frame(plain.slice().buffer, which.kind, `${media}/${which.codec}`);
  const times = { seal: [] as number[], encrypt: [] as number[], open: [] as number[], decrypt: [] as number[] };
  for (let round = -2; round < ROUNDS; round++) {
    const frames = Array.from({ length: BATCH }, frame);
    const parameters = { name: 'AES-GCM', iv: crypto.getRandomValues(new Uint8Array(12)), additionalData: head };
    const ciphertext = await crypto.subtle.encrypt(parameters, key.aes, body);
    const one = {
      encrypt: await timed(BATCH, () => crypto.subtle.encrypt(parameters, key.aes, body)),
      seal: await timed(BATCH, (i) => sealer.seal(frames[i] as Frame, round)),
      decrypt: await timed(BATCH, () => crypto.subtle.decrypt(parameters, key.aes, ciphertext)),
      open: await timed(BATCH, (i) => opener.open(frames[i] as Frame, round)),
    };
    if (round < 0) continue;
    for (const [name, time] of Object.entries(one)) times[name as keyof typeof one].push(time);
  }
  const wanted = BATCH * (ROUNDS + 2);
  if (sealer.health.ok !== wanted || opener.health.ok !== wanted) throw new Error('frames were dropped');
  const both = (name: keyof typeof times) => ({ least: at(times[name], 0), median: at(times[name], 0.5), p95: at(times[name], 0.95) });
  return { ...which, seal: both('seal'), encrypt: both('encrypt'), open: both('open'), decrypt: both('decrypt') };
}

self.onmessage = async () => {
  try {
    for (const which of CASES) self.postMessage(await measure(which));
    self.postMessage(null);
  } catch (error) {
    self.postMessage({ error: String(error) });
  }
};
