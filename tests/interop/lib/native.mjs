// SPDX-License-Identifier: Apache-2.0
// People in a room by @livekit/rtc-node: join, send a pattern and a tone, look for those of others.
import {
  AudioFrame,
  AudioSource,
  AudioStream,
  EncryptionType,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  RoomEvent,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
  VideoBufferType,
  VideoCodec,
  VideoFrame,
  VideoSource,
  VideoStream,
} from '@livekit/rtc-node';
import { findBar, patternI420, toneShare } from './signal-check.mjs';
import { afterwards, check, sleep, until, within } from './tap.mjs';
import { joinToken } from './tokens.mjs';

const RATE = 48000;
const WINDOW = RATE / 4; // samples that one judgement of a tone takes

export class Native {
  constructor(identity) {
    this.identity = identity;
    this.room = new Room();
    this.data = [];
    this.texts = [];
    this.events = [];
    this.sending = new Set();
  }

  /** @param options key: passphrase of E2EE; grants: for the token; auto: false for no auto-subscribe */
  static async join(server, roomName, identity, { key, grants, auto = true } = {}) {
    const native = new Native(identity);
    const token = await joinToken(roomName, identity, grants);
    const options = { autoSubscribe: auto, dynacast: false };
    if (key) {
      options.encryption = {
        keyProviderOptions: { sharedKey: new TextEncoder().encode(key) },
        encryptionType: EncryptionType.GCM,
      };
    }
    native.#listen();
    await within(15000, `${identity} joins`, native.room.connect(server.wsUrl, token, options));
    native.room.e2eeManager?.setEnabled(true);
    afterwards(() => native.leave());
    return native;
  }

  #listen() {
    const { room } = this;
    room.on(RoomEvent.DataReceived, (payload, from, kind, topic) => {
      this.data.push({ payload: Buffer.from(payload), from: from?.identity, kind, topic });
    });
    for (const name of Object.values(RoomEvent)) {
      room.on(name, (...args) => this.events.push([name, ...args]));
    }
    room.registerTextStreamHandler('chat', async (reader, from) => {
      this.texts.push({ from: from.identity, text: await reader.readAll() });
    });
  }

  async leave() {
    for (const one of this.sending) one.stop = true;
    this.sending.clear();
    if (this.room.isConnected) await this.room.disconnect();
  }

  remote(identity) {
    return this.room.remoteParticipants.get(identity);
  }

  sees(identity, ms) {
    return until(`${this.identity} sees ${identity}`, () => this.remote(identity), ms);
  }

  seesGone(identity, ms) {
    return until(`${this.identity} sees ${identity} leave`, () => !this.remote(identity), ms);
  }

  publicationsOf(identity) {
    return [...(this.remote(identity)?.trackPublications.values() ?? [])];
  }

  /** Waits for a subscribed track ('video' or 'audio') of somebody. */
  async publication(identity, kind, ms = 15000) {
    const wanted = kind === 'video' ? TrackKind.KIND_VIDEO : TrackKind.KIND_AUDIO;
    return until(
      `${this.identity} gets ${kind} of ${identity}`,
      () => this.publicationsOf(identity).find((one) => one.kind === wanted && one.track),
      ms,
    );
  }

  async publishVideo({ width = 320, height = 240, u = 90, v = 180, simulcast = false, codec = VideoCodec.VP8 } = {}) {
    const source = new VideoSource(width, height);
    const track = LocalVideoTrack.createVideoTrack('pattern', source);
    const options = new TrackPublishOptions({ source: TrackSource.SOURCE_CAMERA, simulcast, videoCodec: codec });
    const publication = await within(15000, 'video is published', this.room.localParticipant.publishTrack(track, options));
    const state = { stop: false };
    this.sending.add(state);
    void (async () => {
      for (let step = 0; !state.stop; step++) {
        const data = patternI420(width, height, step, u, v);
        source.captureFrame(new VideoFrame(data, width, height, VideoBufferType.I420));
        await sleep(40);
      }
    })();
    return { publication, track, state };
  }

  async publishTone(frequency) {
    const source = new AudioSource(RATE, 1);
    const track = LocalAudioTrack.createAudioTrack('tone', source);
    const options = new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE, dtx: false });
    const publication = await within(15000, 'audio is published', this.room.localParticipant.publishTrack(track, options));
    const state = { stop: false };
    this.sending.add(state);
    void (async () => {
      const size = RATE / 100;
      for (let at = 0; !state.stop; at += size) {
        const samples = Int16Array.from({ length: size }, (_, i) => 9000 * Math.sin((2 * Math.PI * frequency * (at + i)) / RATE));
        await source.captureFrame(new AudioFrame(samples, RATE, 1, size));
      }
    })().catch(() => {});
    return { publication, track, state };
  }

  /** Reads a track's pictures for at most `ms`: how many came, and the places where the bar was. */
  async watch(publication, ms, enough = () => false) {
    const reader = new VideoStream(publication.track).getReader();
    const seen = { frames: 0, places: new Set(), width: 0, height: 0, u: 0, v: 0 };
    const end = Date.now() + ms;
    try {
      while (Date.now() < end && !enough(seen)) {
        const next = await Promise.race([reader.read(), sleep(end - Date.now())]);
        if (!next || next.done) break;
        const { frame } = next.value;
        const i420 = frame.type === VideoBufferType.I420 ? frame : frame.convert(VideoBufferType.I420);
        const { width, height, data } = i420;
        seen.frames++;
        Object.assign(seen, { width, height });
        const middle = Math.floor(height / 2) * width;
        const place = findBar(data.subarray(middle, middle + width));
        if (place !== null) seen.places.add(Math.round(place * 40));
        const chroma = Math.ceil(width / 2) * Math.ceil(height / 2);
        seen.u = data[width * height + 100];
        seen.v = data[width * height + chroma + 100];
      }
    } finally {
      void reader.cancel().catch(() => {});
    }
    return seen;
  }

  /** The sender's wandering bar on its colour is seen within the time. */
  async seesPattern(identity, { u = 90, v = 180, ms = 15000 } = {}) {
    const publication = await this.publication(identity, 'video', ms);
    const seen = await this.watch(publication, ms, ({ places }) => places.size >= 6);
    check(seen.places.size >= 6, `${this.identity} sees no moving pattern of ${identity}: ${seen.frames} frames, the bar at ${seen.places.size} places`);
    check(Math.abs(seen.u - u) < 16 && Math.abs(seen.v - v) < 16, `the colour is ${seen.u},${seen.v} instead of ${u},${v}`);
    return seen;
  }

  /** The highest share of energy at `frequency` in any quarter second, ending early at 0.8. */
  async listen(publication, frequency, ms) {
    const reader = new AudioStream(publication.track, RATE, 1).getReader();
    const end = Date.now() + ms;
    let held = [];
    let best = 0;
    try {
      while (Date.now() < end && best < 0.8) {
        const next = await Promise.race([reader.read(), sleep(end - Date.now())]);
        if (!next || next.done) break;
        held.push(...next.value.data);
        if (held.length < WINDOW) continue;
        best = Math.max(best, toneShare(held.slice(0, WINDOW), RATE, frequency));
        held = [];
      }
    } finally {
      void reader.cancel().catch(() => {});
    }
    return best;
  }

  async hearsTone(identity, frequency, ms = 15000) {
    const publication = await this.publication(identity, 'audio', ms);
    const share = await this.listen(publication, frequency, ms);
    check(share >= 0.8, `${this.identity} hears ${share.toFixed(2)} of the energy at ${frequency} Hz from ${identity}`);
  }

  send(text, options = { reliable: true }) {
    return this.room.localParticipant.publishData(Buffer.from(text), options);
  }
}
