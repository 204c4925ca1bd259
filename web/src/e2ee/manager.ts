// SPDX-License-Identifier: Apache-2.0
// What livekit-client calls its E2EE manager: ours in place of the stock one, which fails open in four places. The room is made
// by `encryptedRoomOptions`, and before `connect` comes `room.setE2EEEnabled(true)`. Everything secret is in the key worker;
// this is the part that puts senders and receivers through it, and keeps the account of whom we can vouch for.
//
// What the SDK and the server say about switching encryption off is not listened to; see engine.ts for what passes between
// engine and room.
import {
  EngineEvent,
  type LocalTrackPublication,
  ParticipantEvent,
  type Participant,
  type RemoteParticipant,
  type RemoteTrack,
  type RemoteTrackPublication,
  type Room,
  RoomEvent,
  type RoomOptions,
} from 'livekit-client';
import type { KeyClient } from './client';
import { codecOf } from './codec';
import { type Engine, Guard, type Guarded, type Refusal } from './engine';
import { Health, type TrackFacts } from './health';
import type { DataCount, FromWorker, Person, Rotation, Side } from './messages';
import type { Bytes, Codec } from './types';

/** The worker answers within milliseconds, or it is not there. */
const SEAL_DEADLINE_MS = 3000;
const PIPE_DEADLINE_MS = 5000;
const JUDGE_MS = 250;
const GCM = 1;

export interface ManagerOptions {
  keys: KeyClient;
  path: 'streams' | 'script';
  /** Who may hand out a new key; the default is `isHostOf`. */
  isHost?: (person: Participant, room: Room) => boolean;
  nowMs?: () => number;
}

export interface ManagerEvents {
  /** A remote track may be attached to an element, or must be taken off again. */
  playable: (publication: RemoteTrackPublication, person: RemoteParticipant, playable: boolean) => void;
  rotation: (rotation: Rotation) => void;
  /** A notice of the server. It can say something to people, and do nothing. */
  notice: (payload: Uint8Array) => void;
  /** Something between engine and room was refused, or a data packet by the worker: `refused` and `dataCounts` say what. */
  refused: () => void;
  /** The key worker is gone: nothing is sent or received any more. `recovered`: it is back, with the key. */
  life: (life: 'gone' | 'recovered' | 'lost') => void;
}

type Wrapped = RTCRtpSender | RTCRtpReceiver;
interface Wrappable {
  transform?: unknown;
  createEncodedStreams?(): { readable: ReadableStream; writable: WritableStream };
}

declare const RTCRtpScriptTransform: new (worker: unknown, options: unknown) => unknown;

export class Manager implements Guarded {
  readonly health = new Health();
  readonly refused: Partial<Record<Refusal | 'server-says-off', number>> = {};
  dataCounts: DataCount = { sealed: 0, opened: 0, refused: {} };
  /** Asked for by the SDK. */
  isDataChannelEncryptionEnabled = true;
  readonly #keys: KeyClient;
  #room: Room | null = null;
  #guard: Guard | null = null;
  #engine: Engine | null = null;
  #pipes = new WeakMap<Wrapped, number>();
  #protected = new WeakSet<RTCRtpSender>();
  /** The track that a pipe is bound to, once the worker has confirmed it. */
  #bound = new Map<number, string>();
  #piped = new Set<number>();
  #pipeWaiters = new Map<number, () => void>();
  #playing = new Set<string>();
  #sdkListeners = new Map<string, Set<(...args: never[]) => void>>();
  #listeners: { [E in keyof ManagerEvents]: Set<ManagerEvents[E]> } = {
    ...{ playable: new Set(), rotation: new Set(), notice: new Set(), refused: new Set(), life: new Set() },
  };
  #undo: (() => void)[] = [];
  #people = '';

  constructor(private readonly options: ManagerOptions) {
    this.#keys = options.keys;
    this.#undo.push(this.#keys.listen((message) => this.#onWorker(message)));
    this.#undo.push(this.#keys.watch(() => this.#onKeys()));
    this.#onKeys();
  }

  // ---- what the SDK calls ----

  get isEnabled(): boolean {
    return true;
  }

  setup(room: Room): void {
    if (this.#room) return;
    this.#room = room;
    this.#listenTo(room);
    const timer = setInterval(() => this.#judge(), JUDGE_MS);
    this.#undo.push(() => clearInterval(timer));
  }

  /** Called for the first engine and for the one of each full reconnect. */
  setupEngine(engine: unknown): void {
    this.#engine = engine as Engine;
    this.#guard = new Guard(this.#engine, this);
    this.#engine.on(EngineEvent.RTPVideoMapUpdate, (types: Map<number, string>) => {
      const known = [...types].map(([number, name]): [number, Codec] => [number, codecOf(name)]);
      this.#keys.notify({ kind: 'payload-types', types: known });
    });
  }

  /** The SDK passes on what the server says of a person's encryption. It changes nothing here. */
  setParticipantCryptorEnabled(enabled: boolean): void {
    if (!enabled) this.onRefused('server-says-off');
  }

  /** Frames that the server made are not played, whatever they end in. */
  setSifTrailer(): void {}

  async encryptData(data: Uint8Array): Promise<{ uuid: string; payload: Bytes; iv: Bytes; keyIndex: number }> {
    const ordered = this.#guard?.takeTurn() ?? false;
    return { uuid: '', ...(await this.#keys.seal(data, ordered, SEAL_DEADLINE_MS)) };
  }

  /** What was opened goes to the room through the guard; the engine is given an empty message to go on with. */
  async handleEncryptedData(
    payload: Uint8Array,
    iv: Uint8Array,
    identity: string,
    keyIndex: number,
  ): Promise<{ uuid: string; payload: Bytes }> {
    const opened = await this.#keys.open(payload, iv, keyIndex, identity);
    if (opened) this.#guard?.opened(opened, identity, this.#room?.remoteParticipants.get(identity)?.sid ?? '');
    return { uuid: '', payload: new Uint8Array(0) };
  }

  on(event: string, listener: (...args: never[]) => void): this {
    const listeners = this.#sdkListeners.get(event) ?? new Set();
    this.#sdkListeners.set(event, listeners.add(listener));
    return this;
  }

  dispose(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.#keys.notify({ kind: 'offline' });
  }

  // ---- what pages call ----

  when<E extends keyof ManagerEvents>(event: E, listener: ManagerEvents[E]): () => void {
    this.#listeners[event].add(listener);
    return () => void this.#listeners[event].delete(listener);
  }

  #tell<E extends keyof ManagerEvents>(event: E, ...args: Parameters<ManagerEvents[E]>): void {
    for (const listener of this.#listeners[event]) (listener as (...args: unknown[]) => void)(...args);
  }

  /** A new key for these people, or for all who are here. False: not now, or not by us. */
  async rotate(people?: readonly string[]): Promise<boolean> {
    this.#tellPeople();
    return this.#keys.rotate(people ?? [...(this.#room?.remoteParticipants.keys() ?? [])]);
  }

  // ---- what the guard asks ----

  async protect(sender: RTCRtpSender, track: unknown, options: { videoCodec?: string }): Promise<void> {
    const { kind, mediaStreamTrack } = track as { kind: 'audio' | 'video'; mediaStreamTrack: MediaStreamTrack };
    const identity = this.#room?.localParticipant.identity ?? '';
    const pipe = this.#wrap(sender, 'seal');
    await this.#piping(pipe);
    const codec = kind === 'audio' ? 'opus' : codecOf(options.videoCodec ?? '');
    await this.#keys.bind(pipe, { identity, track: mediaStreamTrack.id, media: kind, codec });
    this.#bound.set(pipe, mediaStreamTrack.id);
    this.#protected.add(sender);
  }

  isProtected(sender: RTCRtpSender): boolean {
    return this.#protected.has(sender);
  }

  onReceiver(receiver: RTCRtpReceiver): void {
    this.#wrap(receiver, 'open');
  }

  onNotice(payload: Uint8Array): void {
    this.#tell('notice', payload);
  }

  onRefused(what: Refusal | 'server-says-off'): void {
    this.refused[what] = (this.refused[what] ?? 0) + 1;
    this.#tell('refused');
  }

  // ---- pipes ----

  /** Puts a sender or receiver through the worker, once in its life. */
  #wrap(end: Wrapped, side: Side): number {
    const known = this.#pipes.get(end);
    if (known !== undefined) return known;
    const pipe = this.#keys.nextPipe();
    this.#pipes.set(end, pipe);
    const wrappable = end as Wrappable;
    if (this.options.path === 'streams' && wrappable.createEncodedStreams) {
      const { readable, writable } = wrappable.createEncodedStreams();
      this.#keys.notify({ kind: 'pipe', pipe, side, readable, writable }, [readable, writable]);
    } else {
      wrappable.transform = new RTCRtpScriptTransform(this.#keys.rawWorker, { pipe, side });
    }
    return pipe;
  }

  /** The worker has both ends of a pipe. */
  #piping(pipe: number): Promise<void> {
    if (this.#piped.has(pipe)) return Promise.resolve();
    return new Promise((done, fail) => {
      const timer = setTimeout(() => {
        this.#pipeWaiters.delete(pipe);
        fail(new Error('the key worker did not take the track'));
      }, PIPE_DEADLINE_MS);
      this.#pipeWaiters.set(pipe, () => {
        clearTimeout(timer);
        done();
      });
    });
  }

  async #onSubscribed(track: RemoteTrack, publication: RemoteTrackPublication, person: RemoteParticipant): Promise<void> {
    const { receiver } = track;
    if (!receiver) return;
    const pipe = this.#wrap(receiver, 'open');
    this.#bound.delete(pipe);
    this.#keys.notify({ kind: 'unbind', pipe });
    if (!isAnnounced(publication)) return this.#judge();
    const media = track.kind === 'video' ? 'video' : 'audio';
    const codec = media === 'audio' ? 'opus' : codecOf(publication.mimeType ?? '');
    const to = { identity: person.identity, track: publication.trackSid, media, codec } as const;
    try {
      await this.#piping(pipe);
      await this.#keys.bind(pipe, to);
      // Meanwhile the receiver may have been given to another track.
      if (publication.track?.receiver === receiver) this.#bound.set(pipe, publication.trackSid);
    } catch {
      // Not bound: everything is dropped, and the track is not playable.
    }
    this.#judge();
  }

  #onUnsubscribed(track: RemoteTrack, publication: RemoteTrackPublication): void {
    const pipe = track.receiver && this.#pipes.get(track.receiver);
    if (pipe !== undefined && this.#bound.get(pipe) === publication.trackSid) {
      this.#bound.delete(pipe);
      this.#keys.notify({ kind: 'unbind', pipe });
    }
    this.#judge();
  }

  // ---- the worker ----

  #onWorker(message: FromWorker): void {
    switch (message.kind) {
      case 'piped':
        this.#piped.add(message.pipe);
        this.#pipeWaiters.get(message.pipe)?.();
        this.#pipeWaiters.delete(message.pipe);
        return;
      case 'counts':
        this.dataCounts = message.data;
        this.#tell('refused');
        this.health.count(message.pipes, this.#nowMs());
        return this.#judge();
      case 'send':
        this.#guard?.sendForWorker(message).catch(() => undefined); // asked for again by the worker
        return;
      case 'rotation':
        return this.#tell('rotation', message.rotation);
    }
  }

  #onKeys(): void {
    this.health.setKeyReady(this.#keys.key.status === 'ready');
    if (this.#keys.life === 'gone') void this.#onGone();
    else this.#judge();
  }

  /** Nothing passes the streams of a worker that is gone; still, the tracks are taken off their senders. */
  async #onGone(): Promise<void> {
    this.#bound.clear();
    this.#piped.clear();
    this.#pipes = new WeakMap();
    this.#protected = new WeakSet();
    this.#judge();
    const senders = this.#engine?.pcManager?.publisher.getSenders() ?? [];
    await Promise.allSettled(senders.map((sender) => sender.replaceTrack(null)));
    this.#tell('life', 'gone');
    if (await this.#keys.restart().catch(() => false)) {
      this.#tellSelf();
      this.#people = '';
      this.#tellPeople();
      // Streams are taken from a sender once in its life: new connections, with everything published anew.
      this.#engine?.reconnect();
      this.#tell('life', 'recovered');
    } else {
      await this.#room?.disconnect();
      this.#tell('life', 'lost');
    }
  }

  // ---- the room ----

  #listenTo(room: Room): void {
    const judge = () => this.#judge();
    const people = () => this.#tellPeople();
    room
      .on(RoomEvent.TrackSubscribed, (track, publication, person) => void this.#onSubscribed(track, publication, person))
      .on(RoomEvent.TrackUnsubscribed, (track, publication) => this.#onUnsubscribed(track, publication))
      .on(RoomEvent.SignalConnected, () => {
        this.#tellSelf();
        this.#tellPeople();
      })
      .on(RoomEvent.Connected, () => {
        // Of those who came since SignalConnected the SDK has said nothing.
        this.#tellPeople();
        this.#emitSdk('participantEncryptionStatusChanged', true, room.localParticipant);
      })
      .on(RoomEvent.Disconnected, () => {
        this.#people = '';
        this.#keys.notify({ kind: 'offline' });
        judge();
      });
    for (const event of [
      RoomEvent.ParticipantConnected,
      RoomEvent.ParticipantDisconnected,
      RoomEvent.ParticipantMetadataChanged,
      RoomEvent.ParticipantAttributesChanged,
      RoomEvent.Reconnected,
    ]) {
      room.on(event, people);
    }
    room.localParticipant.on(ParticipantEvent.LocalTrackPublished, judge);
    room.localParticipant.on(ParticipantEvent.LocalTrackUnpublished, judge);
  }

  #emitSdk(event: string, ...args: unknown[]): void {
    for (const listener of this.#sdkListeners.get(event) ?? []) (listener as (...args: unknown[]) => void)(...args);
  }

  #tellSelf(): void {
    const identity = this.#room?.localParticipant.identity;
    if (identity) this.#keys.notify({ kind: 'self', identity });
  }

  #tellPeople(): void {
    const room = this.#room;
    if (!room?.localParticipant.identity) return;
    const isHost = this.options.isHost ?? isHostOf;
    const everybody = [room.localParticipant, ...room.remoteParticipants.values()];
    const people = everybody.map((one): Person => ({ identity: one.identity, host: isHost(one, room) }));
    const text = JSON.stringify(people);
    if (text !== this.#people) this.#keys.people(people);
    this.#people = text;
    this.#judge();
  }

  // ---- the account ----

  #nowMs(): number {
    return (this.options.nowMs ?? (() => performance.now()))();
  }

  #judge(): void {
    const room = this.#room;
    if (!room) return;
    const { localParticipant: me, remoteParticipants } = room;
    const others = [...remoteParticipants.values()];
    this.health.setPeople([
      ...(me.identity ? [{ identity: me.identity, local: true }] : []),
      ...others.map(({ identity }) => ({ identity, local: false })),
    ]);
    const remote = others.flatMap((one) => [...one.trackPublications.values()].map((p) => this.#remoteFacts(p, one)));
    const local = [...me.trackPublications.values()].map((p) => this.#localFacts(p, me.identity));
    this.health.setTracks([...remote, ...local]);
    this.health.update(this.#nowMs());
    for (const one of others) for (const p of one.trackPublications.values()) this.#tellPlayable(p, one);
  }

  #remoteFacts(publication: RemoteTrackPublication, { identity }: RemoteParticipant): TrackFacts {
    const pipe = this.#boundPipe(publication.track?.receiver, publication.trackSid);
    return {
      ...{ track: publication.trackSid, identity, local: false, media: publication.kind === 'video' ? 'video' : 'audio' },
      ...{ announced: isAnnounced(publication), muted: publication.isMuted || !publication.isSubscribed, pipe },
    };
  }

  #localFacts(publication: LocalTrackPublication, identity: string): TrackFacts {
    const { sender } = publication.track ?? {};
    const pipe = sender && this.#protected.has(sender) ? (this.#pipes.get(sender) ?? null) : null;
    return {
      ...{ track: publication.trackSid, identity, local: true, media: publication.kind === 'video' ? 'video' : 'audio' },
      ...{ announced: true, muted: publication.isMuted, pipe },
    };
  }

  #boundPipe(receiver: RTCRtpReceiver | undefined, track: string): number | null {
    const pipe = receiver && this.#pipes.get(receiver);
    return pipe !== undefined && this.#bound.get(pipe) === track ? pipe : null;
  }

  #tellPlayable(publication: RemoteTrackPublication, person: RemoteParticipant): void {
    const { trackSid } = publication;
    const playable = publication.track !== undefined && this.health.playable(trackSid);
    if (playable === this.#playing.has(trackSid)) return;
    if (playable) this.#playing.add(trackSid);
    else this.#playing.delete(trackSid);
    this.#tell('playable', publication, person, playable);
  }
}

function isAnnounced(publication: RemoteTrackPublication): boolean {
  return publication.trackInfo?.encryption === GCM;
}

const HOST_WORDS = ['owner', 'moderator', 'admin', 'superadmin'];

/**
 * Who may hand out a new key, as the server tells it: `role` among a person's attributes, or `accesses` in their metadata.
 * In a room where nobody has a role, as on the test page, everybody may. What a lying server can make of this: rotate.ts.
 */
export function isHostOf(person: Participant, room: Room): boolean {
  const everybody = [room.localParticipant, ...room.remoteParticipants.values()];
  return hasRole(person) || !everybody.some(hasRole);
}

function hasRole({ attributes, metadata }: Participant): boolean {
  if (HOST_WORDS.includes(attributes.role ?? '')) return true;
  try {
    const { accesses } = JSON.parse(metadata || '{}') as { accesses?: unknown };
    return Array.isArray(accesses) && accesses.some((one) => HOST_WORDS.includes(one as string));
  } catch {
    return false;
  }
}

/** Options for `new Room`: nothing that cannot be encrypted is switched on, whatever `base` says. */
export function encryptedRoomOptions(manager: Manager, base: RoomOptions = {}, simulcast = true): RoomOptions {
  const { e2ee: _old, ...rest } = base;
  const wished = base.publishDefaults?.videoCodec;
  return {
    ...rest,
    encryption: { e2eeManager: manager as never },
    publishDefaults: {
      ...base.publishDefaults,
      ...{ red: false, backupCodec: false, simulcast: simulcast && (base.publishDefaults?.simulcast ?? true) },
      videoCodec: wished === 'vp9' || wished === 'h264' ? wished : 'vp8',
    },
  };
}
