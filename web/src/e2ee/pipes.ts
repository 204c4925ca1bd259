// SPDX-License-Identifier: Apache-2.0
// The way of frames through the worker. A pipe belongs to one RTCRtpSender or RTCRtpReceiver for as long as that lives; whose
// track runs through it is told by `bind`, again when the browser uses the same sender or receiver for another track. What
// comes while a pipe is not bound is dropped, as is whatever was not encrypted or did not authenticate.
import type { Binding, PipeCount, Side } from './messages';
import type { FrameOpener, FrameSealer } from './pipeline';
import type { Codec, EncodedFrame } from './types';

/** Makes what encrypts or decrypts the frames of one track. */
export interface Makers {
  sealer(to: Binding): FrameSealer;
  opener(to: Binding): FrameOpener;
  nowMs(): number;
  /** A frame was opened under this index. */
  opened(keyIndex: number): void;
}

/** Both kinds of box: one call, and the counters. */
interface Box {
  readonly health: FrameSealer['health'] | FrameOpener['health'];
  pass(frame: EncodedFrame, nowMs: number): Promise<boolean>;
  setPayloadTypes?(types: ReadonlyMap<number, Codec>): void;
}

interface Pipe {
  side: Side;
  box: Box | null;
  unbound: number;
  /** What was reported of the box so far. */
  ok: number;
  dropped: number;
}

export class Pipes {
  #pipes = new Map<number, Pipe>();

  #lastOpenedMs = -Infinity;
  #payloadTypes: ReadonlyMap<number, Codec> = new Map();

  constructor(private readonly makers: Makers) {}

  /** When a frame of somebody else was last decrypted. */
  get lastOpenedMs(): number {
    return this.#lastOpenedMs;
  }

  get count(): number {
    return this.#pipes.size;
  }

  /** Takes the two ends of a sender or receiver. False: the number is in use, or somebody else has the ends. */
  add(pipe: number, side: Side, readable: ReadableStream, writable: WritableStream): boolean {
    if (this.#pipes.has(pipe) || readable.locked || writable.locked) return false;
    const one: Pipe = { side, box: null, unbound: 0, ok: 0, dropped: 0 };
    this.#pipes.set(pipe, one);
    const pass = new TransformStream({ transform: (frame: EncodedFrame, out) => this.#pass(one, frame, out) });
    readable
      .pipeThrough(pass)
      .pipeTo(writable)
      .catch(() => undefined) // the sender or receiver ended
      .finally(() => this.#pipes.delete(pipe));
    return true;
  }

  /** Only what authenticated, and that for the track the pipe is still bound to, goes on. */
  async #pass(pipe: Pipe, frame: EncodedFrame, out: TransformStreamDefaultController): Promise<void> {
    const { box } = pipe;
    if (!box) {
      pipe.unbound++;
      return;
    }
    try {
      if ((await box.pass(frame, this.makers.nowMs())) && pipe.box === box) out.enqueue(frame);
    } catch {
      pipe.unbound++;
    }
  }

  /** False: there is no such pipe. */
  bind(pipe: number, to: Binding): boolean {
    const one = this.#pipes.get(pipe);
    if (!one) return false;
    this.#setBox(one, one.side === 'seal' ? this.#sealingBox(to) : this.#openingBox(to));
    return true;
  }

  unbind(pipe: number): void {
    const one = this.#pipes.get(pipe);
    if (one) this.#setBox(one, null);
  }

  unbindAll(): void {
    for (const one of this.#pipes.values()) this.#setBox(one, null);
  }

  /** What was negotiated for what we send, for browsers whose frames name a payload type only. */
  setPayloadTypes(types: ReadonlyMap<number, Codec>): void {
    this.#payloadTypes = types;
    for (const { box } of this.#pipes.values()) box?.setPayloadTypes?.(types);
  }

  #setBox(pipe: Pipe, box: Box | null): void {
    pipe.box = box;
    pipe.ok = pipe.dropped = 0;
  }

  #sealingBox(to: Binding): Box {
    const sealer = this.makers.sealer(to);
    sealer.setPayloadTypes(this.#payloadTypes);
    return {
      health: sealer.health,
      pass: (frame, nowMs) => sealer.seal(frame, nowMs),
      setPayloadTypes: (types) => sealer.setPayloadTypes(types),
    };
  }

  #openingBox(to: Binding): Box {
    const opener = this.makers.opener(to);
    return {
      health: opener.health,
      pass: async (frame, nowMs) => {
        const ok = await opener.open(frame, nowMs);
        if (ok) this.#lastOpenedMs = nowMs;
        if (ok) this.makers.opened(opener.lastIndex);
        return ok;
      },
    };
  }

  /** What happened since the last time this was asked; pipes where nothing did are left out. */
  takeCounts(): PipeCount[] {
    const counts: PipeCount[] = [];
    for (const [pipe, one] of this.#pipes) {
      const { ok, dropped, reason } = totals(one);
      if (ok > one.ok || dropped > one.dropped || one.unbound > 0) {
        const lost = dropped - one.dropped + one.unbound;
        const why = dropped > one.dropped ? reason : one.unbound > 0 ? 'unbound' : null;
        counts.push({ pipe, ok: ok - one.ok, dropped: lost, reason: why });
      }
      Object.assign(one, { ok, dropped, unbound: 0 });
    }
    return counts;
  }
}

function totals({ box }: Pipe): { ok: number; dropped: number; reason: PipeCount['reason'] } {
  if (!box) return { ok: 0, dropped: 0, reason: null };
  const { ok, dropped, lastReason } = box.health;
  const sum = Object.values(dropped).reduce((total, count) => total + count, 0);
  return { ok, dropped: sum, reason: lastReason };
}
