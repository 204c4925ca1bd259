// SPDX-License-Identifier: Apache-2.0
// The encryption of this project, on the server's own page: with itself, with a native client, and with the SDK's own
// worker as the oracle. What is seen and heard is checked by pixels and tones, what is shown by the page's words.
import { randomBytes } from 'node:crypto';
import { Browser } from '../lib/browser.mjs';
import { Native } from '../lib/native.mjs';
import { Ours } from '../lib/ours.mjs';
import { KEY, makeRoom, pair } from '../lib/pairs.mjs';
import { check, equal, until } from '../lib/tap.mjs';

export { end } from '../lib/pairs.mjs';

const PAIRINGS = [
  ['ours and ours', Ours, Ours],
  ['ours and native', Ours, Native],
  ['ours and the stock worker', Ours, Browser],
];
const OURS = PAIRINGS[0];
const OTHER_KEY = randomBytes(32).toString('base64url');

const meet = (server, pairing, options) => pair(server, pairing, { key: KEY, ...options });

/** Both show, sing and write to each other. */
async function both(a, b) {
  await Promise.all([a.publishVideo({ u: 90, v: 180 }), b.publishVideo({ u: 180, v: 90 }), a.publishTone(440), b.publishTone(1000)]);
  await Promise.all([
    a.seesPattern(b.identity, { u: 180, v: 90 }),
    b.seesPattern(a.identity, { u: 90, v: 180 }),
    a.hearsTone(b.identity, 1000),
    b.hearsTone(a.identity, 440),
  ]);
}

async function data(from, to) {
  const numbers = Array.from({ length: 50 }, (_, i) => String(i));
  await to.forget();
  for (const text of numbers) await from.send(text, { topic: 'count' });
  equal(await to.texts(numbers.length), numbers, `messages of ${from.identity}`);
}

async function everything(server, pairing, options) {
  const { a, b } = await meet(server, pairing, options);
  await both(a, b);
  for (const one of [a, b]) {
    if (!(one instanceof Ours)) continue;
    const other = one === a ? b : a;
    await one.encrypted(other.identity);
    await one.encrypted(one.identity);
    check(await one.said('Encrypted'), 'the pill says so');
  }
  await data(a, b);
  await data(b, a);
  equal(await a.refused(), { data: {} }, 'nothing was refused');
}

async function longText(server, pairing) {
  const { a, b } = await meet(server, pairing);
  const letter = 'Ein längerer Brief. '.repeat(5000);
  for (const [from, to] of [[a, b], [b, a]]) {
    await from.sendText(letter);
    const { text } = await until('the letter', async () => (await to.letters())[0], 20000);
    check(text === letter, `${to.identity} reads ${text.length} of ${letter.length} characters`);
  }
}

async function lateComers(server, pairing) {
  const { room, a, b } = await meet(server, pairing);
  await Promise.all([a.publishVideo(), b.publishTone(440)]);
  await Promise.all([b.seesPattern('anna'), a.hearsTone('ben', 440)]);
  const late = await Promise.all(pairing.slice(1).map((Sdk, i) => Sdk.join(server, room, `late-${i}`, { key: KEY })));
  await Promise.all(late.flatMap((one) => [one.seesPattern('anna'), one.hearsTone('ben', 440)]));
}

async function muteAndRepublish(server, pairing) {
  const { a, b } = await meet(server, pairing);
  for (const [doer, viewer] of [[a, b], [b, a]]) {
    const who = doer.identity;
    await Promise.all([doer.publishVideo(), doer.publishTone(440)]);
    await Promise.all([viewer.seesPattern(who), viewer.hearsTone(who, 440)]);
    const since = await viewer.mark();
    await doer.mute('microphone', true);
    await viewer.expects('trackMuted', { since, who });
    await doer.mute('microphone', false);
    await viewer.expects('trackUnmuted', { since, who });
    await viewer.hearsTone(who, 440);
    for (const [u, v] of [[140, 110], [110, 140]]) {
      const mark = await viewer.mark();
      await doer.unpublish('camera');
      await viewer.expects('trackUnsubscribed', { since: mark, who });
      await doer.publishVideo({ u, v });
      await viewer.seesPattern(who, { u, v });
    }
  }
}

async function silence(server) {
  const { a, b } = await meet(server, OURS);
  await a.publishTone(440);
  await b.encrypted('anna');
  await a.mute('microphone', true);
  await b.shows('anna', 'silent', 'sends nothing');
  await a.mute('microphone', false);
  await b.encrypted('anna');
}

/** Two people at once, 20 times, while their cameras go on. */
async function screens(server) {
  const { a, b } = await meet(server, OURS);
  await Promise.all([a.publishVideo({ u: 90, v: 180 }), b.publishVideo({ u: 180, v: 90 })]);
  await Promise.all([b.seesPattern('anna', { u: 90, v: 180 }), a.seesPattern('ben', { u: 180, v: 90 })]);
  const share = (one, colour) => one.publishVideo({ ...colour, source: 'screen_share' });
  const seesShare = (viewer, who, { u, v }) =>
    until(
      `${viewer.identity} sees the screen of ${who}`,
      async () => {
        const seen = await viewer.call('watchSource', who, 'screen_share', 5000);
        return seen.moves && Math.abs(seen.u - u) < 16 && Math.abs(seen.v - v) < 16;
      },
      20000,
    );
  for (let turn = 0; turn < 20; turn++) {
    const [one, two] = [{ u: 60 + 6 * turn, v: 120 }, { u: 120, v: 60 + 6 * turn }];
    await Promise.all([share(a, one), share(b, two)]);
    await Promise.all([seesShare(b, 'anna', one), seesShare(a, 'ben', two)]);
    await Promise.all([a.unpublish('screen_share'), b.unpublish('screen_share')]);
  }
  await Promise.all([b.seesPattern('anna', { u: 90, v: 180 }), a.seesPattern('ben', { u: 180, v: 90 })]);
  equal(await a.refused(), { data: {} }, 'nothing was refused');
}

async function layers(server) {
  const { a, b } = await meet(server, OURS);
  await a.publishVideo({ width: 1280, height: 720, noise: 30, simulcast: true });
  await b.seesPattern('anna');
  for (const [quality, fits] of [[0, (w) => w === 320], [2, (w) => w >= 640], [0, (w) => w === 320]]) {
    await b.setQuality('anna', quality);
    await until(`quality ${quality}`, async () => fits((await b.watch('anna', 3000)).width), 40000);
    await b.seesPattern('anna');
  }
  await b.encrypted('anna');
}

async function reconnects(server, scenario) {
  const { a, b } = await meet(server, OURS);
  await both(a, b);
  for (const [doer, viewer] of [[a, b], [b, a]]) {
    const since = await doer.mark();
    await doer.simulate(scenario);
    await doer.expects('reconnected', { since }, 40000);
    await doer.connected();
    await Promise.all([
      doer.seesPattern(viewer.identity, { u: viewer === a ? 90 : 180, v: viewer === a ? 180 : 90 }),
      viewer.seesPattern(doer.identity, { u: doer === a ? 90 : 180, v: doer === a ? 180 : 90 }),
      viewer.hearsTone(doer.identity, doer === a ? 440 : 1000),
    ]);
    await data(doer, viewer);
    await data(viewer, doer);
    await doer.encrypted(viewer.identity);
  }
}

async function wrongKey(server, pairing) {
  const { room, a, b } = await meet(server, pairing, { ben: { key: OTHER_KEY } });
  await Promise.all([a.publishVideo(), a.publishTone(440), b.publishTone(1000)]);
  const cleo = await Ours.join(server, room, 'cleo', { key: KEY });
  await Promise.all([cleo.seesPattern('anna'), cleo.hearsTone('anna', 440)]);
  await a.shows('ben', 'wrong-key', 'wrong key');
  if (b instanceof Ours) await b.shows('anna', 'wrong-key', 'wrong key');
  await Promise.all([b.track('anna', 'video'), b.track('anna', 'audio'), a.track('ben', 'audio')]);
  const [seen, heard] = [await b.watch('anna', 30000, 60), await a.listen('ben', 1000, 30000, 100)];
  equal([seen.places, seen.moves], [0, false], 'pictures decoded with a wrong key');
  check(heard < 0.1, `a wrong key hears ${heard}`);
  await a.send('secret');
  await until('data at the right key', async () => (await cleo.texts(1)).includes('secret'));
  equal(await b.received(), [], 'messages read with a wrong key');
}

/** In a room of which the server says nothing, somebody joins without encryption. */
async function clearSender(server, Clear) {
  const room = await makeRoom(server, 'blocked');
  const a = await Ours.join(server, room, 'anna', { key: KEY });
  const b = await Clear.join(server, room, 'ben');
  await Promise.all([a.sees('ben'), b.sees('anna')]);
  await Promise.all([b.publishVideo(), b.publishTone(1000), a.publishTone(440)]);
  await a.shows('ben', 'blocked', 'blocked: not encrypted');
  await Promise.all([a.track('ben', 'video'), a.track('ben', 'audio'), b.track('anna', 'audio')]);
  const [seen, share] = [await a.watch('ben', 15000, 60), await a.listen('ben', 1000, 15000, 100)];
  equal([seen.places, seen.moves, await a.playing('ben')], [0, false, 0], 'pictures of a clear sender');
  check(share < 0.1, `a clear sender is heard: ${share}`);
  check((await b.listen('anna', 440, 15000, 100)) < 0.1, 'the clear receiver hears nothing');
  await b.send('clear');
  await until('the packet is refused', async () => (await a.refused())['clear-packet'] === 1);
  equal(await a.received(), [], 'what was received');
  check(await a.said('1 blocked'), 'the pill says so');
}

export const cases = (server) => [
  ...PAIRINGS.map((one) => [`see, hear and write: ${one[0]}`, 90, () => everything(server, one)]),
  ['see, hear and write: script transforms', 90, () => everything(server, OURS, { anna: { path: 'script' }, ben: { path: 'script' } })],
  ['see, hear and write: 256 bits', 90, () => everything(server, OURS, { anna: { bits: 256 }, ben: { bits: 256 } })],
  ['see, hear and write: H.264', 90, () => h264(server)],
  ...PAIRINGS.slice(0, 2).map((one) => [`long texts: ${one[0]}`, 60, () => longText(server, one)]),
  ...PAIRINGS.slice(0, 2).map((one) => [`late comers: ${one[0]}`, 90, () => lateComers(server, one)]),
  ...PAIRINGS.slice(0, 2).map((one) => [`mute and republish: ${one[0]}`, 120, () => muteAndRepublish(server, one)]),
  ['somebody muted sends nothing', 60, () => silence(server)],
  ['two screens at once, 20 times', 240, () => screens(server)],
  ['layers are switched', 150, () => layers(server)],
  ['after a signal reconnect', 120, () => reconnects(server, 'signal-reconnect')],
  ['after a full reconnect', 150, () => reconnects(server, 'full-reconnect')],
  ...PAIRINGS.slice(0, 2).map((one) => [`a wrong key decodes nothing and is shown: ${one[0]}`, 120, () => wrongKey(server, one)]),
  ['a clear sender is blocked: native', 90, () => clearSender(server, Native)],
  ['a clear sender is blocked: the SDK', 90, () => clearSender(server, Browser)],
];

async function h264(server) {
  const { a, b } = await meet(server, OURS);
  await Promise.all([a.publishVideo({ codec: 'h264' }), b.publishVideo({ codec: 'h264', u: 180, v: 90 })]);
  await Promise.all([b.seesPattern('anna'), a.seesPattern('ben', { u: 180, v: 90 })]);
  equal((await b.track('anna', 'video')).mime.toLowerCase(), 'video/h264', 'codec');
  await b.encrypted('anna');
}
