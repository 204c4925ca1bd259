// SPDX-License-Identifier: Apache-2.0
// The encryption of this project in Firefox, whose frames come by script transforms and name no codec, with Chromium and with a
// native client.
import { end as endFirefox, Firefox } from '../lib/firefox.mjs';
import { Native } from '../lib/native.mjs';
import { Ours } from '../lib/ours.mjs';
import { end as endPairs, KEY, pair } from '../lib/pairs.mjs';
import { check, equal, until } from '../lib/tap.mjs';

export async function end() {
  await endFirefox();
  await endPairs();
}

const WITH_CHROMIUM = ['Firefox and Chromium', Firefox, Ours];
const OTHER_KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

/** The first pictures of a canvas come in colours that are still on their way. */
const sees = (viewer, who, colour = {}) =>
  until(`${viewer.identity} sees ${who}`, () => viewer.seesPattern(who, { ...colour, ms: 10000 }), 20000);

/** Anna is in Firefox. */
async function everything(server, pairing, codec = 'vp8') {
  const { a, b } = await pair(server, pairing, { key: KEY });
  await Promise.all([
    a.publishVideo({ u: 90, v: 180, codec }),
    b.publishVideo({ u: 180, v: 90, codec }),
    a.publishTone(440),
    b.publishTone(1000),
  ]);
  await Promise.all([
    sees(b, 'anna', { u: 90, v: 180 }),
    sees(a, 'ben', { u: 180, v: 90 }),
    b.hearsTone('anna', 440),
    a.hearsTone('ben', 1000),
  ]);
  for (const who of ['anna', 'ben']) await a.encrypted(who);
  for (const [from, to] of [[a, b], [b, a]]) {
    const numbers = Array.from({ length: 30 }, (_, i) => String(i));
    for (const text of numbers) await from.send(text);
    equal(await to.texts(numbers.length), numbers, `messages of ${from.identity}`);
  }
  equal(await a.refused(), { data: {} }, 'nothing was refused');
}

async function republish(server) {
  const { a, b } = await pair(server, WITH_CHROMIUM, { key: KEY });
  for (const [u, v] of [[90, 180], [180, 90], [140, 110]]) {
    await a.publishVideo({ u, v });
    await sees(b, 'anna', { u, v });
    const since = await b.mark();
    await a.unpublish('camera');
    await b.expects('trackUnsubscribed', { since, who: 'anna' });
    await b.publishVideo({ u: v, v: u });
    await sees(a, 'ben', { u: v, v: u });
    const mark = await a.mark();
    await b.unpublish('camera');
    await a.expects('trackUnsubscribed', { since: mark, who: 'ben' });
  }
}

async function wrongKey(server) {
  const { a, b } = await pair(server, WITH_CHROMIUM, { key: KEY, ben: { key: OTHER_KEY } });
  await Promise.all([a.publishTone(440), b.publishTone(1000), a.publishVideo(), b.publishVideo()]);
  await Promise.all([a.shows('ben', 'wrong-key', 'wrong key'), b.shows('anna', 'wrong-key', 'wrong key')]);
  await Promise.all([a.track('ben', 'video'), a.track('ben', 'audio'), b.track('anna', 'video')]);
  const [seen, heard] = [await a.watch('ben', 15000, 60), await a.listen('ben', 1000, 15000, 100)];
  equal([seen.places, seen.moves], [0, false], 'pictures decoded with a wrong key');
  check(heard < 0.1, `a wrong key hears ${heard}`);
}

async function newKey(server) {
  const { a, b } = await pair(server, WITH_CHROMIUM, { key: KEY });
  await Promise.all([a.publishVideo(), b.publishTone(1000)]);
  await Promise.all([sees(b, 'anna'), a.hearsTone('ben', 1000)]);
  check(await a.rotate(), 'begun');
  await Promise.all([a.epoch(1), b.epoch(1)]);
  equal(await a.keyText(), await b.keyText(), 'keys');
  await until('the old key is gone', () => b.said('is erased'), 20000);
  await Promise.all([sees(b, 'anna'), a.hearsTone('ben', 1000)]);
}

async function fullReconnect(server) {
  const { a, b } = await pair(server, WITH_CHROMIUM, { key: KEY });
  await Promise.all([a.publishVideo(), b.publishVideo({ u: 180, v: 90 })]);
  await Promise.all([sees(b, 'anna'), sees(a, 'ben', { u: 180, v: 90 })]);
  const since = await a.mark();
  await a.simulate('full-reconnect');
  await a.expects('reconnected', { since }, 40000);
  await Promise.all([sees(b, 'anna'), sees(a, 'ben', { u: 180, v: 90 })]);
}

async function reload(server) {
  const { a, b } = await pair(server, WITH_CHROMIUM, { key: KEY });
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
  ['see, hear and write: Firefox and Chromium', 120, () => everything(server, WITH_CHROMIUM)],
  ['see, hear and write: Firefox and native', 120, () => everything(server, ['Firefox and native', Firefox, Native])],
  ['see, hear and write: Firefox and Firefox', 120, () => everything(server, ['Firefox and Firefox', Firefox, Firefox])],
  ['publish anew', 120, () => republish(server)],
  ['a wrong key decodes nothing and is shown', 90, () => wrongKey(server)],
  ['a new key', 90, () => newKey(server)],
  ['after a full reconnect', 120, () => fullReconnect(server)],
  ['a reload keeps the key', 60, () => reload(server)],
];
