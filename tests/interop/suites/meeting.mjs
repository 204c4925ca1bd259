// SPDX-License-Identifier: Apache-2.0
// What a meeting is made of, between clients of every two SDKs, encrypted and not: people see, hear and write to each
// other, and notice what others do.
import { everyPair, KEY, pair } from '../lib/pairs.mjs';
import { check, equal, until } from '../lib/tap.mjs';

export { end } from '../lib/pairs.mjs';

async function media(server, pairing, key) {
  const { a, b } = await pair(server, pairing, { key });
  await Promise.all([
    a.publishVideo({ u: 90, v: 180 }),
    b.publishVideo({ u: 180, v: 90 }),
    a.publishTone(440),
    b.publishTone(1000),
  ]);
  await Promise.all([
    b.seesPattern('anna', { u: 90, v: 180 }),
    a.seesPattern('ben', { u: 180, v: 90 }),
    b.hearsTone('anna', 440),
    a.hearsTone('ben', 1000),
  ]);
}

/** Who comes when the tracks are there already. */
async function lateComer(server, pairing, key) {
  const [, Anna, Ben] = pairing;
  const { room, a, b } = await pair(server, pairing, { key });
  await Promise.all([a.publishVideo(), b.publishTone(440)]);
  await Promise.all([b.seesPattern('anna'), a.hearsTone('ben', 440)]);
  const late = await Promise.all([Anna, Ben].map((Sdk, i) => Sdk.join(server, room, `late-${i}`, { key })));
  await Promise.all(late.flatMap((one) => [one.seesPattern('anna'), one.hearsTone('ben', 440)]));
}

/** Reliable messages all and in order, lossy ones most and in order. */
async function data(server, pairing, key) {
  const { a, b } = await pair(server, pairing, { key });
  const numbers = Array.from({ length: 100 }, (_, i) => String(i));
  for (const [from, to] of [[a, b], [b, a]]) {
    for (const text of numbers) await from.send(text, { topic: 'count' });
    equal(await to.texts(numbers.length), numbers, 'reliable messages');
    const wanted = { from: from.identity, topic: 'count', reliable: true };
    for (const { text, ...rest } of await to.received()) equal(rest, wanted, `about ${text}`);

    await to.forget();
    for (const text of numbers) await from.send(text, { reliable: false, topic: 'lossy' });
    await from.send('last');
    await until('the last one', async () => (await to.received()).some(({ text }) => text === 'last'));
    // livekit-client loses the kind of what it decrypts, hence the topic.
    const lossy = (await to.received()).filter(({ topic }) => topic === 'lossy').map(({ text }) => Number(text));
    check(lossy.length >= 90, `${lossy.length} lossy messages of 100`);
    check(lossy.every((n, i) => i === 0 || n > lossy[i - 1]), `order of lossy messages: ${lossy}`);
  }
}

const trackOf = async (viewer, identity, kind) => (await viewer.view(identity))?.tracks.find((one) => one.kind === kind);

async function muteAndUnmute(doer, viewer) {
  const { identity } = doer;
  const since = await viewer.mark();
  await doer.mute('microphone', true);
  await viewer.expects('trackMuted', { since, who: identity });
  equal((await trackOf(viewer, identity, 'audio')).muted, true, 'muted');
  await doer.mute('microphone', false);
  await viewer.expects('trackUnmuted', { since, who: identity });
  await viewer.hearsTone(identity, 440);
}

async function unpublish(doer, viewer) {
  const { identity } = doer;
  const since = await viewer.mark();
  await doer.unpublish('camera');
  await viewer.expects('trackUnsubscribed', { since, who: identity });
  await until('the video is gone', async () => !(await trackOf(viewer, identity, 'video')));
  await viewer.hearsTone(identity, 440);
  await doer.publishVideo({ u: 140, v: 110 });
  await viewer.seesPattern(identity, { u: 140, v: 110 });
}

async function leaveAndRejoin(doer, viewer, rejoin) {
  const { identity } = doer;
  const since = await viewer.mark();
  const { sid } = await viewer.view(identity);
  await doer.leave();
  await viewer.seesGone(identity);
  await viewer.expects('participantDisconnected', { since, who: identity });
  const again = await rejoin();
  await Promise.all([viewer.sees(identity), again.sees(viewer.identity)]);
  check((await viewer.view(identity)).sid !== sid, 'a new join has a new id');
  await again.publishTone(660);
  await viewer.hearsTone(identity, 660);
  return again;
}

/** Ben does it and Anna sees it, then the other way round. */
async function changes(server, pairing, key) {
  const [, Anna, Ben] = pairing;
  const { room, a, b } = await pair(server, pairing, { key });
  let [doer, viewer, Sdk] = [b, a, Ben];
  for (let turn = 0; turn < 2; turn++) {
    const { identity } = doer;
    await Promise.all([doer.publishVideo(), doer.publishTone(440)]);
    await Promise.all([viewer.seesPattern(identity), viewer.hearsTone(identity, 440)]);
    await muteAndUnmute(doer, viewer);
    await unpublish(doer, viewer);
    const again = await leaveAndRejoin(doer, viewer, () => Sdk.join(server, room, identity, { key }));
    await again.unpublish('microphone');
    [doer, viewer, Sdk] = [viewer, again, Anna];
  }
}

/** Ben has another key; Cleo, with the right one, shows that all is sent as it should be. */
async function wrongKey(server, pairing, key) {
  const [, Anna, Ben] = pairing;
  for (const [Sender, Wrong] of Anna === Ben ? [[Anna, Ben]] : [[Anna, Ben], [Ben, Anna]]) {
    const { room, a, b } = await pair(server, [pairing[0], Sender, Wrong], { key, ben: { key: `${KEY}!` } });
    const c = await Sender.join(server, room, 'cleo', { key });
    await Promise.all([a.publishVideo(), a.publishTone(440)]);
    await Promise.all([c.seesPattern('anna'), c.hearsTone('anna', 440)]);
    await Promise.all([b.track('anna', 'video'), b.track('anna', 'audio')]);
    // Not for a time, but for so many packets that the right key shows and sings after far fewer.
    const [seen, share] = await Promise.all([b.watch('anna', 30000, 60), b.listen('anna', 440, 30000, 100)]);
    const [video, audio] = [await b.stats('anna', 'video'), await b.stats('anna', 'audio')];
    check(video.packets >= 60 && audio.packets >= 100, `packets came: ${video.packets} and ${audio.packets}`);
    equal([seen.places, seen.moves], [0, false], 'pictures decoded with a wrong key');
    check(share < 0.1, `a wrong key hears ${share}`);
    await a.send('secret');
    await until('data at the right key', async () => (await c.texts(1)).includes('secret'));
    equal(await b.received(), [], 'messages read with a wrong key');
    for (const one of [a, b, c]) await one.leave();
  }
}

export const cases = (server) => [
  ...everyPair(server, 'see and hear', 60, media),
  ...everyPair(server, 'come late', 60, lateComer),
  ...everyPair(server, 'write in order', 60, data),
  ...everyPair(server, 'mute, unpublish, leave and rejoin', 90, changes),
  ...everyPair(server, 'a wrong key decodes nothing', 90, wrongKey, [['encrypted', KEY]]),
];
