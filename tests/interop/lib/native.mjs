// SPDX-License-Identifier: Apache-2.0
// People in a room by @livekit/rtc-node.
import {
  AudioFrame,
  AudioSource,
  AudioStream,
  ConnectionState,
  DataPacketKind,
  dispose,
  EncryptionType,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  RoomEvent,
  SimulateScenarioKind,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoCodec,
  VideoFrame,
  VideoSource,
  VideoStream,
} from '@livekit/rtc-node';
import { brief, kindName } from './brief.mjs';
import { Client } from './client.mjs';
import { Hearing, patternI420, RATE, Sight } from './signal-check.mjs';
import { afterwards, sleep, until, within } from './tap.mjs';
import { joinToken } from './tokens.mjs';

const SOURCES = { camera: TrackSource.SOURCE_CAMERA, microphone: TrackSource.SOURCE_MICROPHONE,
  screen_share: TrackSource.SOURCE_SCREENSHARE, screen_share_audio: TrackSource.SOURCE_SCREENSHARE_AUDIO };
const SCENARIOS = { 'signal-reconnect': SimulateScenarioKind.SIMULATE_SIGNAL_RECONNECT,
  'full-reconnect': SimulateScenarioKind.SIMULATE_FULL_RECONNECT };
const STATES = { [ConnectionState.CONN_CONNECTED]: 'connected', [ConnectionState.CONN_DISCONNECTED]: 'disconnected',
  [ConnectionState.CONN_RECONNECTING]: 'reconnecting' };

/** What rtc-node has no method for, but its native half can do. */
const ask = (request, value) => globalThis._ffiClientInstance.request({ message: { case: request, value } });

/** Ends the native half's threads; the process does not end by itself before. */
export const end = () => within(5000, 'dispose', dispose()).catch(() => {});

export class Native extends Client {
  room = new Room();
  #data = [];
  #letters = [];
  #events = [];
  #sending = new Map(); // by source: what is sent, and how to stop

  /** @param options key: passphrase of E2EE; grants, token: for the token, or jwt: this one; auto: false for no auto-subscribe; url */
  static async join(server, roomName, identity, { key, grants, token, auto = true, url = server.wsUrl, jwt } = {}) {
    const native = new Native(identity);
    const options = { autoSubscribe: auto, dynacast: false };
    if (key) {
      options.encryption = {
        keyProviderOptions: { sharedKey: new TextEncoder().encode(key) },
        encryptionType: EncryptionType.GCM,
      };
    }
    native.#listen();
    afterwards(() => native.leave());
    jwt ??= await joinToken(roomName, identity, grants, token);
    await within(20000, `${identity} joins`, native.room.connect(url, jwt, options));
    native.room.e2eeManager?.setEnabled(true);
    native.room.localParticipant.registerRpcMethod('echo', async ({ payload }) => payload);
    return native;
  }

  #listen() {
    this.room.on(RoomEvent.DataReceived, (payload, from, kind, topic) => {
      this.#data.push({
        text: Buffer.from(payload).toString(),
        from: from?.identity ?? null,
        topic: topic ?? '',
        reliable: kind === DataPacketKind.KIND_RELIABLE,
      });
    });
    this.room.registerTextStreamHandler('chat', async (reader, from) => {
      this.#letters.push({ from: from.identity, text: await reader.readAll() });
    });
    for (const name of Object.values(RoomEvent)) {
      this.room.on(name, (...args) => this.#events.push(brief(name, args)));
    }
  }

  async leave() {
    for (const { state } of this.#sending.values()) state.stop = true;
    this.#sending.clear();
    if (this.room.isConnected) await this.room.disconnect();
  }

  remote(identity) {
    return this.room.remoteParticipants.get(identity);
  }

  #plain(p) {
    const tracks = [...p.trackPublications.values()].map((one) => ({
      sid: one.sid,
      name: one.name,
      kind: kindName(one.kind),
      source: Object.keys(SOURCES).find((name) => SOURCES[name] === one.source),
      muted: one.muted,
      subscribed: Boolean(one.track),
      mime: one.mimeType,
    }));
    const { sid, name, metadata, attributes } = p;
    return { sid, name, metadata, attributes, tracks };
  }

  async view(identity) {
    const p = this.remote(identity);
    return p ? this.#plain(p) : null;
  }

  async me() {
    return { ...this.#plain(this.room.localParticipant), state: STATES[this.room.connectionState], roomSid: await this.room.getSid() };
  }

  async events(since) {
    return this.#events.slice(since);
  }

  async received() {
    return this.#data;
  }

  async forget() {
    this.#data = [];
  }

  #publication(identity, kind) {
    const all = [...(this.remote(identity)?.trackPublications.values() ?? [])];
    return all.find((one) => kindName(one.kind) === kind && one.track);
  }

  /** @param send runs until `state.stop` */
  async #publish(source, track, options, send) {
    const published = this.room.localParticipant.publishTrack(track, new TrackPublishOptions({ ...options, source: SOURCES[source] }));
    const publication = await within(20000, `${source} is published`, published);
    const state = { stop: false };
    this.#sending.set(source, { state, track, publication });
    void send(state).catch(() => {});
    return publication.sid;
  }

  publishVideo({ width = 320, height = 240, u = 90, v = 180, simulcast = false, codec = 'vp8', source = 'camera', fps = 25 } = {}) {
    const from = new VideoSource(width, height);
    const track = LocalVideoTrack.createVideoTrack('pattern', from);
    const options = { simulcast, videoCodec: VideoCodec[codec.toUpperCase()] };
    return this.#publish(source, track, options, async (state) => {
      for (let step = 0; !state.stop; step++) {
        from.captureFrame(new VideoFrame(patternI420(width, height, step, { u, v }), width, height, VideoBufferType.I420));
        await sleep(1000 / fps);
      }
    });
  }

  publishTone(frequency, { source = 'microphone' } = {}) {
    const from = new AudioSource(RATE, 1);
    const track = LocalAudioTrack.createAudioTrack('tone', from);
    return this.#publish(source, track, { dtx: false }, async (state) => {
      const size = RATE / 100;
      const turn = (2 * Math.PI * frequency) / RATE;
      for (let at = 0; !state.stop; at += size) {
        const samples = Int16Array.from({ length: size }, (_, i) => 9000 * Math.sin(turn * (at + i)));
        await from.captureFrame(new AudioFrame(samples, RATE, 1, size));
      }
    });
  }

  /** A track of `kind` that never carries anything. */
  async publishSilent(kind, name) {
    const track = kind === 'video' ? LocalVideoTrack.createVideoTrack(name, new VideoSource(320, 240))
      : LocalAudioTrack.createAudioTrack(name, new AudioSource(RATE, 1));
    const published = this.room.localParticipant.publishTrack(track, new TrackPublishOptions({}));
    return (await within(20000, `${name} is published`, published)).sid;
  }

  async mute(source, on) {
    ask('localTrackMute', { trackHandle: this.#sending.get(source).track.ffi_handle.handle, mute: on });
  }

  async unpublish(source) {
    const { state, publication } = this.#sending.get(source);
    state.stop = true;
    this.#sending.delete(source);
    await within(15000, 'unpublish', this.room.localParticipant.unpublishTrack(publication.sid));
  }

  async subscribe(identity, kind, on) {
    const all = [...this.remote(identity).trackPublications.values()];
    all.find((one) => kindName(one.kind) === kind).setSubscribed(on);
  }

  /** @param quality 0 low, 1 medium, 2 high */
  async setQuality(identity, quality) {
    ask('setRemoteTrackPublicationQuality', {
      trackPublicationHandle: this.#publication(identity, 'video').ffiHandle.handle,
      quality,
    });
  }

  async stats(identity, kind) {
    const client = globalThis._ffiClientInstance;
    const requestAsyncId = client.getNextRequestAsyncId();
    const answer = client.waitFor(({ message }) => message.case === 'getStats' && message.value.asyncId === requestAsyncId);
    ask('getStats', { trackHandle: this.#publication(identity, kind).track.ffi_handle.handle, requestAsyncId });
    const { stats } = await within(10000, 'statistics', answer);
    const found = stats.find(({ stats: one }) => one.case === 'inboundRtp')?.stats.value;
    return {
      packets: Number(found?.received?.packetsReceived ?? 0),
      decoded: found?.inbound?.framesDecoded ?? 0,
      width: found?.inbound?.frameWidth ?? 0,
      height: found?.inbound?.frameHeight ?? 0,
    };
  }

  /** Looks for at most `ms`, until the bar has moved or, if `packets` is given, so many of them came. */
  async watch(identity, ms, packets) {
    const reader = new VideoStream(this.#publication(identity, 'video').track).getReader();
    const seen = new Sight();
    await this.#read(reader, ms, this.#came(identity, 'video', packets), ({ frame }) => {
      const i420 = frame.type === VideoBufferType.I420 ? frame : frame.convert(VideoBufferType.I420);
      seen.look(i420.data, i420.width, i420.height);
      return seen.moves;
    });
    return { ...seen.plain(), moves: seen.moves };
  }

  /** The highest share of energy at `frequency` in any quarter second, ending early at 0.8 or as `watch` does. */
  async listen(identity, frequency, ms, packets) {
    const reader = new AudioStream(this.#publication(identity, 'audio').track, RATE, 1).getReader();
    const hearing = new Hearing(frequency);
    await this.#read(reader, ms, this.#came(identity, 'audio', packets), ({ data }) => {
      hearing.hear(data);
      return hearing.best >= 0.8;
    });
    return hearing.best;
  }

  #came(identity, kind, packets = 0) {
    return async () => packets > 0 && (await this.stats(identity, kind)).packets >= packets;
  }

  async #read(reader, ms, done, take) {
    const end = Date.now() + ms;
    let next = reader.read();
    try {
      while (Date.now() < end && !(await done())) {
        const got = await Promise.race([next, sleep(100)]);
        if (!got) continue;
        if (got.done || take(got.value)) break;
        next = reader.read();
      }
    } finally {
      void reader.cancel().catch(() => {});
    }
  }

  send(text, { reliable = true, topic, to } = {}) {
    const options = { reliable, topic, ...(to && { destination_identities: to }) };
    return within(20000, 'sending', this.room.localParticipant.publishData(Buffer.from(text), options));
  }

  async letters() {
    return this.#letters;
  }

  sendText(text) {
    return within(20000, 'a text', this.room.localParticipant.sendText(text, { topic: 'chat' }));
  }

  callEcho(identity, payload) {
    const call = { destinationIdentity: identity, method: 'echo', payload };
    return within(20000, 'a call', this.room.localParticipant.performRpc(call));
  }

  async changeDetails({ metadata, name, attributes }) {
    const me = this.room.localParticipant;
    if (metadata !== undefined) await within(15000, 'metadata', me.updateMetadata(metadata));
    if (name !== undefined) await within(15000, 'name', me.updateName(name));
    if (attributes !== undefined) await within(15000, 'attributes', me.setAttributes(attributes));
  }

  simulate(scenario) {
    return within(20000, scenario, this.room.simulateScenario(SCENARIOS[scenario]));
  }

  connected(ms) {
    return until(`${this.identity} is connected`, () => this.room.connectionState === ConnectionState.CONN_CONNECTED, ms);
  }
}
