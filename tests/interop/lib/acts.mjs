// SPDX-License-Identifier: Apache-2.0
// What two people do in an encrypted room, whichever clients they have: anna's is this project's page in any browser, ben's
// the second of the pairing. What is seen and heard is checked by pixels and tones, what is shown by the page's words.
import { randomBytes } from 'node:crypto';
import { Ours } from './ours.mjs';
import { KEY, pair } from './pairs.mjs';
import { check, equal, until } from './tap.mjs';

const OTHER_KEY = randomBytes(32).toString('base64url');

export const meet = (server, pairing, options) => pair(server, pairing, { key: KEY, ...options });

/** The first pictures may come in colours that are still on their way. */
export const sees = (viewer, who, colour = {}) =>
  until(`${viewer.identity} sees ${who}`, () => viewer.seesPattern(who, { ms: 12000, ...colour }), 25000);

/** Both show, sing and write to each other. */
export async function both(a, b) {
  await Promise.all([a.publishVideo({ u: 90, v: 180 }), b.publishVideo({ u: 180, v: 90 }), a.publishTone(440), b.publishTone(1000)]);
  await Promise.all([
    sees(a, b.identity, { u: 180, v: 90 }),
    sees(b, a.identity, { u: 90, v: 180 }),
    a.hearsTone(b.identity, 1000),
    b.hearsTone(a.identity, 440),
  ]);
}

export async function data(from, to) {
  const numbers = Array.from({ length: 50 }, (_, i) => String(i));
  await to.forget();
  for (const text of numbers) await from.send(text, { topic: 'count' });
  equal(await to.texts(numbers.length), numbers, `messages of ${from.identity}`);
}

export async function longText(server, pairing) {
  const { a, b } = await meet(server, pairing);
  const letter = 'Ein längerer Brief. '.repeat(5000);
  for (const [from, to] of [[a, b], [b, a]]) {
    await from.sendText(letter);
    const { text } = await until('the letter', async () => (await to.letters())[0], 20000);
    check(text === letter, `${to.identity} reads ${text.length} of ${letter.length} characters`);
  }
}

export async function lateComers(server, pairing) {
  const { room, a, b } = await meet(server, pairing);
  await Promise.all([a.publishVideo(), b.publishTone(440)]);
  await Promise.all([sees(b, 'anna'), a.hearsTone('ben', 440)]);
  const late = await Promise.all(pairing.slice(1).map((Sdk, i) => Sdk.join(server, room, `late-${i}`, { key: KEY })));
  await Promise.all(late.flatMap((one) => [sees(one, 'anna'), one.hearsTone('ben', 440)]));
}

export async function muteAndRepublish(server, pairing) {
  const { a, b } = await meet(server, pairing);
  for (const [doer, viewer] of [[a, b], [b, a]]) {
    const who = doer.identity;
    await Promise.all([doer.publishVideo(), doer.publishTone(440)]);
    await Promise.all([sees(viewer, who), viewer.hearsTone(who, 440)]);
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
      await sees(viewer, who, { u, v });
    }
  }
}

export async function silence(server, pairing) {
  const { a, b } = await meet(server, pairing);
  await a.publishTone(440);
  await b.encrypted('anna');
  await a.mute('microphone', true);
  await b.shows('anna', 'silent', 'sends nothing');
  await a.mute('microphone', false);
  await b.encrypted('anna');
}

/** Two people at once, so many times, while their cameras go on. */
export async function screens(server, pairing, turns) {
  const { a, b } = await meet(server, pairing);
  await Promise.all([a.publishVideo({ u: 90, v: 180 }), b.publishVideo({ u: 180, v: 90 })]);
  await Promise.all([sees(b, 'anna', { u: 90, v: 180 }), sees(a, 'ben', { u: 180, v: 90 })]);
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
  for (let turn = 0; turn < turns; turn++) {
    const shade = 90 + 30 * (turn % 3);
    const [one, two] = [{ u: shade, v: 120 }, { u: 120, v: shade }];
    await Promise.all([share(a, one), share(b, two)]);
    await Promise.all([seesShare(b, 'anna', one), seesShare(a, 'ben', two)]);
    await Promise.all([a.unpublish('screen_share'), b.unpublish('screen_share')]);
  }
  await Promise.all([sees(b, 'anna', { u: 90, v: 180 }), sees(a, 'ben', { u: 180, v: 90 })]);
  equal(await a.refused(), { data: {} }, 'nothing was refused');
}

export async function layers(server, pairing) {
  const { a, b } = await meet(server, pairing);
  await a.publishVideo({ width: 1280, height: 720, noise: 30, simulcast: true });
  await sees(b, 'anna');
  for (const [quality, fits] of [[0, (w) => w === 320], [2, (w) => w >= 640], [0, (w) => w === 320]]) {
    await b.setQuality('anna', quality);
    await until(`quality ${quality}`, async () => fits((await b.watch('anna', 3000)).width), 40000);
    await sees(b, 'anna');
  }
  await b.encrypted('anna');
}

export async function reconnects(server, pairing, scenario) {
  const { a, b } = await meet(server, pairing);
  await both(a, b);
  for (const [doer, viewer] of [[a, b], [b, a]]) {
    const since = await doer.mark();
    await doer.simulate(scenario);
    await doer.expects('reconnected', { since }, 40000);
    await doer.connected();
    await Promise.all([
      sees(doer, viewer.identity, { u: viewer === a ? 90 : 180, v: viewer === a ? 180 : 90 }),
      sees(viewer, doer.identity, { u: doer === a ? 90 : 180, v: doer === a ? 180 : 90 }),
      viewer.hearsTone(doer.identity, doer === a ? 440 : 1000),
    ]);
    await data(doer, viewer);
    await data(viewer, doer);
    await doer.encrypted(viewer.identity);
  }
}

export async function wrongKey(server, pairing) {
  const { room, a, b } = await meet(server, pairing, { ben: { key: OTHER_KEY } });
  await Promise.all([a.publishVideo(), a.publishTone(440), b.publishTone(1000)]);
  const cleo = await Ours.join(server, room, 'cleo', { key: KEY });
  await Promise.all([sees(cleo, 'anna'), cleo.hearsTone('anna', 440)]);
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

/** Nothing is sent from then on; with the key at hand it goes on, without it the meeting is over. */
export async function crash(server, pairing, isKept) {
  const { a, b } = await meet(server, pairing);
  await Promise.all([a.publishVideo(), a.publishTone(440), b.publishTone(1000)]);
  await Promise.all([sees(b, 'anna'), b.hearsTone('anna', 440), a.hearsTone('ben', 1000)]);
  await b.encrypted('anna');
  if (!isKept) {
    await a.page.evaluate(async () => {
      const opening = indexedDB.open('bedrud-keys');
      await new Promise((done) => (opening.onsuccess = done));
      const change = opening.result.transaction('tabs', 'readwrite');
      change.objectStore('tabs').clear();
      await new Promise((done) => (change.oncomplete = done));
    });
  }
  const since = await b.mark();
  // Ends the worker without a word, as a browser does that runs out of memory.
  await a.page.evaluate(() => window.connectionTest.keys.rawWorker.terminate());
  await until('the page says so', () => a.page.evaluate(() => window.connectionTest.errors.some((one) => one.includes('nothing is sent'))), 30000);
  if (!isKept) {
    await b.seesGone('anna', 20000);
    check(await a.said('Join again with the link'), 'the way out');
    return;
  }
  await b.expects('participantDisconnected', { since, who: 'anna' }, 30000);
  await Promise.all([sees(b, 'anna', { ms: 40000 }), b.hearsTone('anna', 440, 40000), a.hearsTone('ben', 1000, 40000)]);
  await b.encrypted('anna');
}

