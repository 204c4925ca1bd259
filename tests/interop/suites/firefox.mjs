// SPDX-License-Identifier: Apache-2.0
// The encryption of this project in Firefox, whose frames come by script transforms and name no codec, with Chromium and with a
// native client.
import { both, crash, data, lateComers, layers, meet, muteAndRepublish, reconnects, screens, sees, silence, wrongKey } from '../lib/acts.mjs';
import { end as endFirefox, Firefox } from '../lib/firefox.mjs';
import { Native } from '../lib/native.mjs';
import { Ours } from '../lib/ours.mjs';
import { end as endPairs, KEY } from '../lib/pairs.mjs';
import { seamless } from '../lib/seamless.mjs';
import { check, equal, until } from '../lib/tap.mjs';

export async function end() {
  await endFirefox();
  await endPairs();
}

const PAIRINGS = [
  ['Firefox and Chromium', Firefox, Ours],
  ['Firefox and native', Firefox, Native],
  ['Firefox and Firefox', Firefox, Firefox],
];
const WITH_CHROMIUM = PAIRINGS[0];
const CHROMIUM_FIRST = ['Chromium and Firefox', Ours, Firefox];
const BOTH_WAYS = [WITH_CHROMIUM, CHROMIUM_FIRST];

async function everything(server, pairing, options) {
  const { a, b } = await meet(server, pairing, options);
  await both(a, b);
  for (const who of ['anna', 'ben']) await a.encrypted(who);
  await data(a, b);
  await data(b, a);
  equal(await a.refused(), { data: {} }, 'nothing was refused');
}

async function newKey(server) {
  const { a, b } = await meet(server, WITH_CHROMIUM);
  await Promise.all([a.publishVideo(), b.publishTone(1000)]);
  await Promise.all([sees(b, 'anna'), a.hearsTone('ben', 1000)]);
  check(await a.rotate(), 'begun');
  await Promise.all([a.epoch(1), b.epoch(1)]);
  equal(await a.keyText(), await b.keyText(), 'keys');
  await until('the old key is gone', () => b.said('is erased'), 20000);
  await Promise.all([sees(b, 'anna'), a.hearsTone('ben', 1000)]);
}

async function reload(server) {
  const { a, b } = await meet(server, WITH_CHROMIUM);
  await b.publishTone(1000);
  await a.hearsTone('ben', 1000);
  await a.reload();
  await a.enter();
  equal((await a.key()).status, 'ready', 'the key after the reload');
  await a.hearsTone('ben', 1000);
  const remembered = await a.page.evaluate(() => [
    ...performance.getEntries().map((entry) => `${entry.name} ${JSON.stringify(entry)}`),
    location.href,
    window.navigation?.activation?.entry?.url ?? '',
  ]);
  check(!remembered.join().includes(KEY), 'the page can reach the key');
}

export const cases = (server) => [
  ...PAIRINGS.map((one) => [`see, hear and write: ${one[0]}`, 120, () => everything(server, one)]),
  ['see, hear and write: 256 bits', 120, () => everything(server, WITH_CHROMIUM, { anna: { bits: 256 }, ben: { bits: 256 } })],
  ...BOTH_WAYS.map((one) => [`late comers: ${one[0]}`, 90, () => lateComers(server, one)]),
  ['mute and republish', 150, () => muteAndRepublish(server, WITH_CHROMIUM)],
  ['somebody muted sends nothing', 60, () => silence(server, WITH_CHROMIUM)],
  ['two screens at once, 6 times', 200, () => screens(server, WITH_CHROMIUM, 6)],
  ...BOTH_WAYS.map((one) => [`layers are switched: ${one[0]}`, 150, () => layers(server, one)]),
  ['a wrong key decodes nothing and is shown', 90, () => wrongKey(server, WITH_CHROMIUM)],
  ['a new key', 90, () => newKey(server)],
  ['a new key at 5 % loss', 150, () => seamless(server, WITH_CHROMIUM, 0.05)],
  ['after a signal reconnect', 150, () => reconnects(server, WITH_CHROMIUM, 'signal-reconnect')],
  ['after a full reconnect', 150, () => reconnects(server, WITH_CHROMIUM, 'full-reconnect')],
  ['the worker is lost, and comes back with the key', 120, () => crash(server, WITH_CHROMIUM, true)],
  ['the worker is lost, and the key with it', 90, () => crash(server, WITH_CHROMIUM, false)],
  ['a reload keeps the key', 60, () => reload(server)],
];
