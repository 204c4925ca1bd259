// SPDX-License-Identifier: Apache-2.0
// The encryption of this project, on the server's own page: with itself, with a native client, and with the SDK's own
// worker as the oracle. What is seen and heard is checked by pixels and tones, what is shown by the page's words.
import { data, both, lateComers, layers, longText, meet, muteAndRepublish, reconnects, screens, sees, silence, wrongKey } from '../lib/acts.mjs';
import { Browser } from '../lib/browser.mjs';
import { Native } from '../lib/native.mjs';
import { Ours } from '../lib/ours.mjs';
import { KEY, makeRoom } from '../lib/pairs.mjs';
import { check, equal, until } from '../lib/tap.mjs';

export { end } from '../lib/pairs.mjs';

const PAIRINGS = [
  ['ours and ours', Ours, Ours],
  ['ours and native', Ours, Native],
  ['ours and the stock worker', Ours, Browser],
];
const OURS = PAIRINGS[0];

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
  ['somebody muted sends nothing', 60, () => silence(server, OURS)],
  ['two screens at once, 20 times', 240, () => screens(server, OURS, 20)],
  ['layers are switched', 150, () => layers(server, OURS)],
  ['after a signal reconnect', 120, () => reconnects(server, OURS, 'signal-reconnect')],
  ['after a full reconnect', 150, () => reconnects(server, OURS, 'full-reconnect')],
  ...PAIRINGS.slice(0, 2).map((one) => [`a wrong key decodes nothing and is shown: ${one[0]}`, 120, () => wrongKey(server, one)]),
  ['a clear sender is blocked: native', 90, () => clearSender(server, Native)],
  ['a clear sender is blocked: the SDK', 90, () => clearSender(server, Browser)],
];

async function h264(server) {
  const { a, b } = await meet(server, OURS);
  await Promise.all([a.publishVideo({ codec: 'h264' }), b.publishVideo({ codec: 'h264', u: 180, v: 90 })]);
  await Promise.all([sees(b, 'anna'), sees(a, 'ben', { u: 180, v: 90 })]);
  equal((await b.track('anna', 'video')).mime.toLowerCase(), 'video/h264', 'codec');
  await b.encrypted('anna');
}
