// SPDX-License-Identifier: Apache-2.0
// livekit-client in Chromium, on the connection test page: with itself and with a native client.
import { chromium } from 'playwright-core';
import { Native } from '../lib/native.mjs';
import { afterwards, check, equal, until } from '../lib/tap.mjs';
import { joinToken, makeEncrypted, roomName } from '../lib/tokens.mjs';

const KEY = 'correct horse battery staple';
const FLAGS = ['--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--no-first-run', '--disable-gpu', '--disable-quic'];
let browser;

export async function end() {
  await browser?.close();
}

async function open(server, room, identity, { key, options } = {}) {
  browser ??= await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
  const context = await browser.newContext({ permissions: ['camera', 'microphone'] });
  afterwards(() => context.close());
  const page = await context.newPage();
  await page.goto(`${server.url}/test`);
  const token = await joinToken(room, identity);
  await page.evaluate(([t, k, r]) => window.connectionTest.join({ token: t, key: k, room: r }), [token, key, options]);
  return page;
}

const publish = (page) =>
  page.evaluate(async () => {
    const me = window.connectionTest.room.localParticipant;
    await me.setCameraEnabled(true, { resolution: { width: 1280, height: 720, frameRate: 20 } });
    await me.setMicrophoneEnabled(true);
  });

/** Two looks at the picture of `identity`: whether it is there and moves. */
const moves = (page, identity) =>
  page.evaluate(async (who) => {
    const video = document.querySelector(`[data-identity="${who}"] video`);
    if (!video?.videoWidth) return false;
    const look = () => {
      const canvas = new OffscreenCanvas(64, 36);
      const context = canvas.getContext('2d');
      context.drawImage(video, 0, 0, 64, 36);
      return context.getImageData(0, 0, 64, 36).data;
    };
    const before = look();
    await new Promise((done) => setTimeout(done, 400));
    const after = look();
    return before.some((value, i) => Math.abs(value - after[i]) > 24) && after.some((value, i) => i % 4 < 3 && value > 60);
  }, identity);

/** Whether the beeps of the fake microphone come in from `identity`. */
const sounds = (page, identity) =>
  page.evaluate(async (who) => {
    const publication = [...(window.connectionTest.room.remoteParticipants.get(who)?.audioTrackPublications.values() ?? [])][0];
    if (!publication?.track) return false;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(new MediaStream([publication.track.mediaStreamTrack])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let loudest = 0;
    for (let i = 0; i < 60; i++) {
      analyser.getFloatTimeDomainData(samples);
      loudest = Math.max(loudest, ...samples);
      await new Promise((done) => setTimeout(done, 25));
    }
    await context.close();
    return loudest > 0.05;
  }, identity);

async function meet(server, key) {
  const room = roomName('chromium');
  if (key) await makeEncrypted(server, room);
  const a = await open(server, room, 'anna', { key });
  const b = await open(server, room, 'ben', { key });
  await publish(a);
  await publish(b);
  await until('ben sees anna', () => moves(b, 'anna'), 25000);
  await until('anna sees ben', () => moves(a, 'ben'), 25000);
  await until('ben hears anna', () => sounds(b, 'anna'));
  await a.fill('#text', 'hello ben');
  await a.press('#text', 'Enter');
  await until('the text', () => b.evaluate(() => window.connectionTest.messages.some((m) => m.text === 'hello ben')));
  await a.evaluate(() => window.connectionTest.room.localParticipant.setCameraEnabled(false));
  const muted = () => [...window.connectionTest.room.remoteParticipants.get('anna').videoTrackPublications.values()][0].isMuted;
  await until('the mute', () => b.evaluate(muted));
  await a.evaluate(() => window.connectionTest.room.disconnect());
  await until('the leaving', () => b.evaluate(() => window.connectionTest.room.remoteParticipants.size === 0));
}

async function wrongKey(server) {
  const room = roomName('chromium');
  await makeEncrypted(server, room);
  const a = await open(server, room, 'anna', { key: KEY });
  const b = await open(server, room, 'ben', { key: `${KEY}!` });
  await publish(a);
  await until('the track', () => b.evaluate(() => document.querySelector('[data-identity="anna"] video') !== null));
  await new Promise((done) => setTimeout(done, 3000));
  equal(await moves(b, 'anna'), false, 'a picture under the wrong key');
}

async function withNative(server, key) {
  const room = roomName('mixed');
  if (key) await makeEncrypted(server, room);
  const native = await Native.join(server, room, 'nora', { key });
  const a = await open(server, room, 'anna', { key });
  await native.sees('anna');
  await native.send('from native', { reliable: true });
  await publish(a);
  await until('the native client gets the tracks', () => native.remote('anna').trackPublications.size === 2);
}

async function layers(server) {
  const room = roomName('layers');
  const a = await open(server, room, 'anna');
  const b = await open(server, room, 'ben');
  await publish(a);
  await until('the picture', () => moves(b, 'anna'), 25000);
  const width = () => document.querySelector('[data-identity="anna"] video').videoWidth;
  const ask = (quality) => b.evaluate((q) => {
    [...window.connectionTest.room.remoteParticipants.get('anna').videoTrackPublications.values()][0].setVideoQuality(q);
  }, quality);
  await ask(0);
  await until('the small layer', async () => (await b.evaluate(width)) === 320, 25000);
  await ask(2);
  await until('a larger layer', async () => (await b.evaluate(width)) >= 640, 30000);
}

async function reconnects(server, scenario) {
  const room = roomName('again');
  const a = await open(server, room, 'anna');
  const b = await open(server, room, 'ben');
  await publish(a);
  await until('the picture', () => moves(b, 'anna'), 25000);
  const before = await b.evaluate(() => window.connectionTest.room.localParticipant.sid);
  await b.evaluate((s) => window.connectionTest.room.simulateScenario(s), scenario);
  await new Promise((done) => setTimeout(done, 3000));
  await until('connected again', () => b.evaluate(() => window.connectionTest.room.state === 'connected'), 25000);
  await until('the picture again', () => moves(b, 'anna'), 25000);
  const after = await b.evaluate(() => window.connectionTest.room.localParticipant.sid);
  check((scenario === 'signal-reconnect') === (before === after), `participant id ${before}, then ${after}`);
}

export const cases = (server) => [
  ['see, hear and write, clear', 90, () => meet(server)],
  ['see, hear and write, encrypted', 90, () => meet(server, KEY)],
  ['a wrong key decodes nothing', 60, () => wrongKey(server)],
  ['with a native client, clear', 60, () => withNative(server)],
  ['with a native client, encrypted', 60, () => withNative(server, KEY)],
  ['layers are switched', 120, () => layers(server)],
  ['signal-reconnect keeps the session', 90, () => reconnects(server, 'signal-reconnect')],
  ['full-reconnect makes a new one', 90, () => reconnects(server, 'full-reconnect')],
];
