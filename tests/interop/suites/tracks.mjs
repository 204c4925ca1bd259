// SPDX-License-Identifier: Apache-2.0
// Tracks of all kinds: codecs, simulcast layers, screens, many at once, chosen ones, and those a viewer cannot take.
import { Browser } from '../lib/browser.mjs';
import { Native } from '../lib/native.mjs';
import { everyPair, makeRoom, MODES, pair, PAIRINGS } from '../lib/pairs.mjs';
import { check, equal, until } from '../lib/tap.mjs';
import { roomName } from '../lib/tokens.mjs';

export { end } from '../lib/pairs.mjs';

const CLEAR = MODES.slice(0, 1);
const [LOW, , HIGH] = [0, 1, 2];
const tracksOf = async (viewer, identity) => (await viewer.view(identity))?.tracks ?? [];

/** As sender and viewer once each, where the two have different SDKs. */
const turns = ({ a, b }) => (a.constructor === b.constructor ? [[a, b]] : [[a, b], [b, a]]);

async function h264(server, pairing, key) {
  for (const [sender, viewer] of turns(await pair(server, pairing, { key }))) {
    await sender.publishVideo({ width: 640, height: 480, codec: 'h264' });
    const { mime } = await viewer.track(sender.identity, 'video');
    check(/h264/i.test(mime), `the codec is ${mime}`);
    await viewer.seesPattern(sender.identity);
  }
}

/** Both change the codec of their picture at the same time: offers cross each other. */
async function otherCodec(server, pairing, key) {
  const { a, b } = await pair(server, pairing, { key });
  for (const [codec, colour] of [['vp8', { u: 90, v: 180 }], ['h264', { u: 180, v: 90 }], ['vp8', { u: 130, v: 80 }]]) {
    await Promise.all([a, b].map((one) => one.publishVideo({ codec, ...colour })));
    await Promise.all([a.seesPattern('ben', colour), b.seesPattern('anna', colour)]);
    await Promise.all([a, b].map((one) => one.unpublish('camera')));
    await until('both are gone', async () => !(await tracksOf(a, 'ben')).length && !(await tracksOf(b, 'anna')).length);
  }
}

async function layers(server, pairing, key) {
  for (const [sender, viewer] of turns(await pair(server, pairing, { key }))) {
    const { identity } = sender;
    await sender.publishVideo({ width: 1280, height: 720, simulcast: true, fps: 15 });
    const width = async () => (await viewer.stats(identity, 'video')).width;
    await viewer.seesPattern(identity, { ms: 30000 });
    for (const quality of [LOW, HIGH, LOW]) {
      await viewer.setQuality(identity, quality);
      const wanted = quality === LOW ? (w) => w > 0 && w <= 320 : (w) => w >= 640;
      let last;
      await until('the layer is switched', async () => wanted((last = await width())), 40000).catch((error) =>
        check(false, `${error.message}: quality ${quality}, width ${last}`),
      );
      await viewer.seesPattern(identity);
    }
    await sender.unpublish('camera');
  }
}

async function screen(server, pairing, key) {
  for (const [sender, viewer] of turns(await pair(server, pairing, { key }))) {
    const { identity } = sender;
    await sender.publishVideo({ width: 640, height: 480, u: 120, v: 200, source: 'screen_share' });
    await sender.publishTone(880, { source: 'screen_share_audio' });
    await viewer.seesPattern(identity, { u: 120, v: 200 });
    await viewer.hearsTone(identity, 880);
    const sources = (await tracksOf(viewer, identity)).map(({ source }) => source).sort();
    equal(sources, ['screen_share', 'screen_share_audio'], 'sources');
    await Promise.all(['screen_share', 'screen_share_audio'].map((source) => sender.unpublish(source)));
    await until('both are gone', async () => (await tracksOf(viewer, identity)).length === 0);
  }
}

/** The offer alone makes a track appear: none of these ever carries anything. */
async function many(server, pairing, key) {
  for (const [sender, viewer] of turns(await pair(server, pairing, { key }))) {
    const wanted = [];
    for (let i = 0; i < 10; i++) {
      for (const kind of ['video', 'audio']) {
        wanted.push([`${kind} ${i}`, kind]);
        await sender.publishSilent(kind, `${kind} ${i}`);
      }
    }
    let got = [];
    await until('all tracks', async () => {
      got = (await tracksOf(viewer, sender.identity)).filter(({ subscribed }) => subscribed);
      return got.length === wanted.length;
    }, 40000).catch((error) => check(false, `${error.message}: ${got.length} of ${wanted.length}`));
    equal(got.map(({ name, kind }) => [name, kind]).sort(), wanted.sort(), 'names and kinds');
  }
}

/** Nothing is subscribed by itself, and what is asked for comes. */
async function chosen(server, [, Anna, Ben]) {
  const room = roomName('chosen');
  const a = await Anna.join(server, room, 'anna', { auto: false });
  const b = await Ben.join(server, room, 'ben');
  await Promise.all([b.publishVideo(), b.publishTone(440)]);
  await until('both tracks are known', async () => (await tracksOf(a, 'ben')).length === 2);
  await a.subscribe('ben', 'audio', true);
  await a.hearsTone('ben', 440);
  equal((await tracksOf(a, 'ben')).filter(({ subscribed }) => subscribed).map(({ kind }) => kind), ['audio'], 'subscribed');
  await a.subscribe('ben', 'video', true);
  await a.seesPattern('ben');
  await a.subscribe('ben', 'audio', false);
  await until('the audio is gone', async () => !(await tracksOf(a, 'ben')).find(({ kind }) => kind === 'audio').subscribed);
  await a.seesPattern('ben');
}

/** Runs in the page: its answers know no H.264. */
function withoutH264() {
  const { createAnswer } = RTCPeerConnection.prototype;
  const codecs = RTCRtpReceiver.getCapabilities('video').codecs.filter(({ mimeType }) => mimeType !== 'video/H264');
  RTCPeerConnection.prototype.createAnswer = function answer(...args) {
    const videos = this.getTransceivers().filter(({ receiver, stopped }) => receiver.track.kind === 'video' && !stopped);
    for (const transceiver of videos) transceiver.setCodecPreferences(codecs);
    return createAnswer.apply(this, args);
  };
}

/** Whoever cannot take a codec is told so, and gets the next track. */
async function untakenCodec(server, Sender) {
  const room = await makeRoom(server, 'codec');
  const a = await Sender.join(server, room, 'anna');
  const b = await Browser.join(server, room, 'ben', { script: withoutH264 });
  await b.sees('anna');
  await a.publishVideo({ codec: 'h264', source: 'screen_share' });
  await b.expects('trackSubscriptionFailed', { who: 'anna' });
  await a.publishTone(440);
  await b.hearsTone('anna', 440);
  await a.publishVideo({ codec: 'vp8' });
  await b.seesPattern('anna');
  equal((await tracksOf(b, 'anna')).map(({ source, subscribed }) => [source, subscribed]).sort(), [
    ['camera', true],
    ['microphone', true],
    ['screen_share', false],
  ], 'tracks');
}

/** Five people who all see and hear each other. */
async function five(server, key) {
  const room = await makeRoom(server, 'five', key);
  const sdks = [Native, Browser, Native, Browser, Native];
  const people = await Promise.all(sdks.map((Sdk, i) => Sdk.join(server, room, `person-${i}`, { key })));
  const colour = (i) => ({ u: 60 + 30 * i, v: 180 - 30 * i });
  await Promise.all(people.flatMap((one, i) => [one.publishVideo({ ...colour(i), fps: 10 }), one.publishTone(400 + 200 * i)]));
  for (const viewer of people) {
    const others = people.map((one, i) => [one, i]).filter(([one]) => one !== viewer);
    for (const [one, i] of others) {
      await Promise.all([
        viewer.seesPattern(one.identity, { ...colour(i), ms: 40000 }),
        viewer.hearsTone(one.identity, 400 + 200 * i, 40000),
      ]);
    }
  }
}

export const cases = (server) => [
  ...everyPair(server, 'H.264', 60, h264),
  ...everyPair(server, 'another codec in mid-call', 120, otherCodec),
  ...everyPair(server, 'layers are switched', 180, layers),
  ...everyPair(server, 'a screen with its sound', 60, screen),
  ...everyPair(server, 'ten pictures and ten sounds of one', 90, many),
  ...everyPair(server, 'chosen tracks only', 60, chosen, CLEAR),
  ['a codec that Chromium cannot take, of native', 60, () => untakenCodec(server, Native)],
  ['a codec that Chromium cannot take, of Chromium', 60, () => untakenCodec(server, PAIRINGS[1][1])],
  ...MODES.map(([mode, key]) => [`five people: ${mode}`, 120, () => five(server, key)]),
];
