// SPDX-License-Identifier: Apache-2.0
// What a person does in a room of livekit-client, whoever made the room: `drive` is given it. Answers are plain values.
// Used as a module, and as text that is put into a page: it may import nothing but brief.mjs and signal-check.mjs.
import { brief } from '/lib/brief.mjs';
import { Hearing, patternI420, Sight } from '/lib/signal-check.mjs';

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const sending = new Map(); // by source: the track, and how to stop what feeds it
const happened = [];
const data = [];
let letters = [];
let room = null;

/** From now on this room is driven. `names` are those of the events to note; `box` is where a page keeps texts that it takes itself. */
export function drive(newRoom, names, box) {
  room = newRoom;
  for (const name of names) room.on(name, (...args) => happened.push(brief(name, args)));
  room.on('dataReceived', (payload, from, kind, topic) => {
    data.push({ text: new TextDecoder().decode(payload), from: from?.identity ?? null, topic: topic ?? '', reliable: kind === 0 });
  });
  if (box) letters = box;
  else room.registerTextStreamHandler('chat', async (reader, from) => letters.push({ from: from.identity, text: await reader.readAll() }));
  room.registerRpcMethod('echo', async ({ payload }) => payload);
}

function plain(p) {
  const tracks = [...p.trackPublications.values()].map((one) => ({
    sid: one.trackSid,
    name: one.trackName,
    kind: one.kind,
    source: one.source,
    muted: one.isMuted,
    subscribed: Boolean(one.track),
    mime: one.mimeType,
  }));
  const { sid, name, metadata, attributes } = p;
  return { sid, name, metadata, attributes, tracks };
}

const publicationOf = (identity, kind) => {
  const all = [...(room.remoteParticipants.get(identity)?.trackPublications.values() ?? [])];
  return all.find((one) => one.kind === kind && one.track);
};

async function publish(source, track, options, stop) {
  const publication = await room.localParticipant.publishTrack(track, { source, ...options });
  sending.set(source, { publication, track, stop });
  return publication.trackSid;
}

/** A generated track has no size of its own, and the SDK would guess one. */
function makeGenerator(width, height, frameRate) {
  const generator = new MediaStreamTrackGenerator({ kind: 'video' });
  const settings = generator.getSettings.bind(generator);
  generator.getSettings = () => ({ ...settings(), width, height, frameRate });
  return generator;
}

async function publishVideo({ width = 320, height = 240, u = 90, v = 180, noise = 0, fps = 25, simulcast = false, codec = 'vp8', source = 'camera' }) {
  const generator = makeGenerator(width, height, fps);
  const writer = generator.writable.getWriter();
  let step = 0;
  const timer = setInterval(() => {
    const frame = new VideoFrame(patternI420(width, height, step++, { u, v, noise }), {
      format: 'I420',
      codedWidth: width,
      codedHeight: height,
      timestamp: performance.now() * 1000,
    });
    writer.write(frame).catch(() => {});
  }, 1000 / fps);
  return publish(source, generator, { simulcast, videoCodec: codec, backupCodec: false }, () => clearInterval(timer));
}

async function publishTone(frequency, { source = 'microphone' } = {}) {
  const context = new AudioContext({ sampleRate: 48000 });
  await context.resume();
  const oscillator = new OscillatorNode(context, { frequency });
  const volume = new GainNode(context, { gain: 0.3 });
  const output = context.createMediaStreamDestination();
  oscillator.connect(volume).connect(output);
  oscillator.start();
  return publish(source, output.stream.getAudioTracks()[0], { dtx: false }, () => context.close());
}

/** A track of `kind` that never carries anything. */
async function publishSilent(kind, name) {
  const track = kind === 'video' ? makeGenerator(320, 240, 25)
    : new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0];
  return (await room.localParticipant.publishTrack(track, { name, simulcast: false })).trackSid;
}

async function mute(source, on) {
  const { publication } = sending.get(source);
  await (on ? publication.mute() : publication.unmute());
}

async function unpublish(source) {
  const { track, stop } = sending.get(source);
  await room.localParticipant.unpublishTrack(track);
  stop();
  sending.delete(source);
}

/** Reads a track for at most `ms`, until `take` says that it is enough, or `done()`. */
async function read(track, ms, done, take) {
  const reader = new MediaStreamTrackProcessor({ track: track.clone() }).readable.getReader();
  const end = performance.now() + ms;
  let next = reader.read();
  while (performance.now() < end && !(await done())) {
    const got = await Promise.race([next, sleep(100)]);
    if (!got) continue;
    if (got.done) break;
    const enough = await take(got.value);
    got.value.close();
    if (enough) break;
    next = reader.read();
  }
  void reader.cancel();
}

const came = (identity, kind, packets = 0) => async () => packets > 0 && (await stats(identity, kind)).packets >= packets;

async function see(track, ms, done) {
  const seen = new Sight();
  await read(track.mediaStreamTrack, ms, done, async (frame) => {
    const { width, height } = frame.visibleRect;
    const bytes = new Uint8Array(frame.allocationSize({ rect: frame.visibleRect }));
    await frame.copyTo(bytes, { rect: frame.visibleRect });
    if (frame.format === 'I420') seen.look(bytes, width, height);
    return seen.moves;
  });
  return { ...seen.plain(), moves: seen.moves };
}

/** @param packets look until so many came, whatever they show */
function watch(identity, ms, packets) {
  return see(publicationOf(identity, 'video').track, ms, came(identity, 'video', packets));
}

/** The same of one source, if there is a track of it. */
async function watchSource(identity, source, ms) {
  const { track } = room.remoteParticipants.get(identity).getTrackPublication(source) ?? {};
  return track ? see(track, ms, () => false) : { moves: false };
}

async function listen(identity, frequency, ms, packets) {
  let hearing;
  await read(publicationOf(identity, 'audio').track.mediaStreamTrack, ms, came(identity, 'audio', packets), (sound) => {
    hearing ??= new Hearing(frequency, sound.sampleRate);
    const samples = new Float32Array(sound.numberOfFrames);
    sound.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
    hearing.hear(samples.map((one) => one * 32768));
    return hearing.best >= 0.8;
  });
  return hearing?.best ?? 0;
}

async function stats(identity, kind) {
  const report = await publicationOf(identity, kind).track.receiver.getStats();
  const found = [...report.values()].find(({ type }) => type === 'inbound-rtp');
  return {
    packets: found?.packetsReceived ?? 0,
    decoded: found?.framesDecoded ?? 0,
    width: found?.frameWidth ?? 0,
    height: found?.frameHeight ?? 0,
  };
}

export const driver = {
  publishVideo,
  publishTone,
  mute,
  unpublish,
  publishSilent,
  watch,
  watchSource,
  listen,
  stats,
  view: (identity) => {
    const p = room.remoteParticipants.get(identity);
    return p ? plain(p) : null;
  },
  me: async () => ({ ...plain(room.localParticipant), state: room.state, roomSid: await room.getSid() }),
  events: (since) => happened.slice(since),
  received: () => data,
  forget: () => data.splice(0),
  subscribe: (identity, kind, on) => {
    const all = [...room.remoteParticipants.get(identity).trackPublications.values()];
    all.find((one) => one.kind === kind).setSubscribed(on);
  },
  setQuality: (identity, quality) => publicationOf(identity, 'video').setVideoQuality(quality),
  send: (text, { reliable = true, topic, to } = {}) =>
    room.localParticipant.publishData(new TextEncoder().encode(text), { reliable, topic, destinationIdentities: to }),
  letters: () => letters,
  sendText: async (text) => void (await room.localParticipant.sendText(text, { topic: 'chat' })),
  callEcho: (destinationIdentity, payload) => room.localParticipant.performRpc({ destinationIdentity, method: 'echo', payload }),
  changeDetails: async ({ metadata, name, attributes }) => {
    const me = room.localParticipant;
    if (metadata !== undefined) await me.setMetadata(metadata);
    if (name !== undefined) await me.setName(name);
    if (attributes !== undefined) await me.setAttributes(attributes);
  },
  simulate: (scenario) => room.simulateScenario(scenario),
  leave: async () => {
    for (const { stop } of sending.values()) stop();
    sending.clear();
    await room.disconnect();
  },
};
