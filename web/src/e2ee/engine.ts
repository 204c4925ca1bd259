// SPDX-License-Identifier: Apache-2.0
// Stands between livekit-client's engine and the room, once for each engine. The engine delivers clear data like encrypted data
// and would publish a track that nobody wrapped; here is where neither happens:
//
//   in    a data packet reaches the room only if the worker has opened it, and then as the bytes the worker gave; of clear
//         ones, the server's own notices are told to the page, the rest is counted
//   out   a sender is wrapped before anything is negotiated for it; no packet goes that the SDK does not encrypt
//
// It leans on internals of the SDK, which is why its version is pinned; `guardEngine` throws when one is not where it was.
import { EngineEvent } from 'livekit-client';
import { packetOf, WorkerPacket } from './payload';
import type { Bytes } from './types';

/** What is used of RTCEngine. */
export interface Engine {
  emit(event: string, ...args: unknown[]): boolean;
  on(event: string, listener: (...args: never[]) => void): unknown;
  createSender(track: unknown, options: PublishOptions, encodings?: unknown): Promise<RTCRtpSender>;
  createSimulcastSender(...args: unknown[]): Promise<unknown>;
  sendDataPacket(packet: unknown, kind: number): Promise<void>;
  sendDataTrackFrame(bytes: Uint8Array): Promise<void>;
  addTrack(request: { encryption: number; disableRed: boolean }): Promise<unknown>;
  negotiate(): Promise<void>;
  reconnect(): void;
  readonly attemptingReconnect: boolean;
  readonly isClosed: boolean;
  pcManager?: { publisher: { getSenders(): RTCRtpSender[] } };
}

interface PublishOptions {
  videoCodec?: string;
}

/** What is used of the SDK's DataPacket. */
interface Packet {
  value: { case?: string; value?: { topic?: string; payload?: Uint8Array } };
  participantIdentity: string;
  participantSid: string;
  getType(): { fromBinary(bytes: Uint8Array): Packet };
}

export interface Guarded {
  /** Resolves when the sender's frames go through the worker and there is a key; rejects if that is not to be had. */
  protect(sender: RTCRtpSender, track: unknown, options: PublishOptions): Promise<void>;
  isProtected(sender: RTCRtpSender): boolean;
  onReceiver(receiver: RTCRtpReceiver): void;
  onNotice(payload: Uint8Array): void;
  onRefused(what: Refusal): void;
}

export type Refusal =
  | 'clear-packet' // a data packet that was not encrypted
  | 'data-track' // a kind of data we do not speak
  | 'clear-send' // something of ours that the SDK would have sent in clear
  | 'unwrapped-sender' // a sender that nobody wrapped
  | 'codec'; // AV1, or a second codec for one track

/** Kinds of data packets that the SDK never encrypts. */
const NEVER_ENCRYPTED = new Set(['sipDtmf', 'metrics', 'speaker', 'transcription', 'encryptedPacket', undefined]);
const RELIABLE = 0;
const GCM = 1;
/** The server's notices: no sender, this topic, and no longer than a sentence needs. */
const NOTICE_TOPIC = 'system';
const NOTICE_BYTES = 4096;
/** How often it is looked whether a reconnect is over. */
const RECONNECT_MS = 50;
const HOOKS = ['emit', 'on', 'createSender', 'createSimulcastSender', 'sendDataPacket', 'sendDataTrackFrame'] as const;

export class Guard {
  /** Opened by the worker, and about to be announced by the engine. */
  #opened: { payload: Bytes; identity: string; sid: string } | null = null;
  #wrapping = new Set<Promise<void>>();
  #sending: Promise<void> = Promise.resolve();
  #turn: { ordered: boolean; release: () => void } | null = null;
  readonly #engine: Engine;
  readonly #send: Engine['sendDataPacket'];

  constructor(
    engine: Engine,
    private readonly guarded: Guarded,
  ) {
    for (const name of [...HOOKS, 'addTrack', 'negotiate', 'reconnect'] as const) {
      if (typeof engine[name] !== 'function') throw new Error(`livekit-client's engine has no ${name}: not the version we know`);
    }
    if (typeof engine.attemptingReconnect !== 'boolean') throw new Error("livekit-client's engine does not say when it reconnects");
    this.#engine = engine;
    this.#send = engine.sendDataPacket.bind(engine);
    this.#guardIncoming(engine);
    this.#guardSenders(engine);
    this.#guardData(engine);
  }

  // ---- in ----

  #guardIncoming(engine: Engine): void {
    const emit = engine.emit.bind(engine);
    engine.emit = (event, ...args) => {
      switch (event) {
        case EngineEvent.DataPacketReceived:
          return this.#onPacket(args[0] as Packet, emit);
        case EngineEvent.ActiveSpeakersUpdate: // speakers by a data packet: anybody could send that
          this.guarded.onRefused('clear-packet');
          return false;
        case 'dataTrackPacketReceived':
          this.guarded.onRefused('data-track');
          return false;
        default:
          return emit(event, ...args);
      }
    };
    engine.on(EngineEvent.MediaTrackAdded, (_track: unknown, _stream: unknown, receiver: RTCRtpReceiver) => {
      this.guarded.onReceiver(receiver);
    });
  }

  /** What the worker has opened; the engine announces a packet right after it was given back. */
  opened(payload: Bytes, identity: string, sid: string): void {
    this.#opened = { payload, identity, sid };
  }

  #onPacket(packet: Packet, emit: Engine['emit']): boolean {
    const opened = this.#opened;
    this.#opened = null;
    if (opened) {
      const bytes = packetOf(opened.payload, opened.identity, opened.sid);
      return bytes !== null && emit(EngineEvent.DataPacketReceived, packet.getType().fromBinary(bytes), GCM);
    }
    const { value, participantIdentity, participantSid } = packet;
    if (value.case === undefined) return false; // it was for the worker
    const isNotice = participantIdentity === '' && participantSid === '' && value.value?.topic === NOTICE_TOPIC;
    const payload = value.value?.payload;
    if (isNotice && payload && payload.length <= NOTICE_BYTES) this.guarded.onNotice(payload);
    else this.guarded.onRefused('clear-packet');
    return false;
  }

  // ---- out: media ----

  #guardSenders(engine: Engine): void {
    const createSender = engine.createSender.bind(engine);
    engine.createSender = async (track, options, encodings) => {
      if (options.videoCodec === 'av1') throw this.#refuse('codec', 'AV1 cannot be encrypted');
      const sender = await createSender(track, options, encodings);
      const wrapping = this.guarded.protect(sender, track, options);
      this.#wrapping.add(wrapping);
      try {
        await wrapping;
      } catch (error) {
        await sender.replaceTrack(null).catch(() => undefined);
        throw error;
      } finally {
        this.#wrapping.delete(wrapping);
      }
      return sender;
    };
    engine.createSimulcastSender = async () => {
      throw this.#refuse('codec', 'a track is sent with one codec');
    };
    const addTrack = engine.addTrack.bind(engine);
    engine.addTrack = (request) => {
      request.encryption = GCM;
      request.disableRed = true;
      return addTrack(request);
    };
    const negotiate = engine.negotiate.bind(engine);
    engine.negotiate = async () => {
      await this.#stopUnprotected(engine);
      return negotiate();
    };
  }

  /** Whatever way a sender came to be: what is not wrapped sends nothing. Several may be about to be. */
  async #stopUnprotected(engine: Engine): Promise<void> {
    await Promise.allSettled(this.#wrapping);
    for (const sender of engine.pcManager?.publisher.getSenders() ?? []) {
      if (!sender.track || this.guarded.isProtected(sender)) continue;
      this.guarded.onRefused('unwrapped-sender');
      await sender.replaceTrack(null);
    }
  }

  // ---- out: data ----

  #guardData(engine: Engine): void {
    engine.sendDataPacket = async (packet, kind) => {
      if (packet instanceof WorkerPacket) return this.#send(packet, kind);
      if (NEVER_ENCRYPTED.has((packet as Packet).value?.case)) throw this.#refuse('clear-send', 'this is never sent unencrypted');
      const release = await this.#waitForTurn();
      try {
        if (kind === RELIABLE) await this.#reconnected();
        this.#turn = { ordered: kind === RELIABLE, release };
        await this.#send(packet, kind);
      } finally {
        release();
      }
    };
    engine.sendDataTrackFrame = async () => {
      throw this.#refuse('clear-send', 'data tracks are not spoken');
    };
  }

  /**
   * What the SDK is given while it makes new connections it keeps for a resume that does not come, and loses. Two seconds after
   * those connections stand, and people see each other, it still does.
   */
  async #reconnected(): Promise<void> {
    const engine = this.#engine;
    while (engine.attemptingReconnect && !engine.isClosed) await new Promise((done) => setTimeout(done, RECONNECT_MS));
  }

  /** The engine encrypts one packet after the other, so that `takeTurn` knows which one it is asked for. */
  async #waitForTurn(): Promise<() => void> {
    const before = this.#sending;
    let release = (): void => undefined;
    this.#sending = new Promise((done) => (release = done));
    await before;
    return release;
  }

  /** Whether the packet that is being encrypted now belongs to the reliable order. */
  takeTurn(): boolean {
    const turn = this.#turn;
    this.#turn = null;
    turn?.release();
    return turn?.ordered ?? false;
  }

  /** Sends what the worker has encrypted for other workers. */
  sendForWorker(sealed: ConstructorParameters<typeof WorkerPacket>[0]): Promise<void> {
    return this.#engine.sendDataPacket(new WorkerPacket(sealed), RELIABLE);
  }

  #refuse(what: Refusal, why: string): Error {
    this.guarded.onRefused(what);
    return new Error(why);
  }
}
