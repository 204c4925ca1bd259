// SPDX-License-Identifier: Apache-2.0
// Lines that break and servers that go: people come back by themselves, and the others lose nothing.
import { Line } from '../lib/line.mjs';
import { everyPair, makeRoom, MODES, pair, PAIRINGS } from '../lib/pairs.mjs';
import { check, equal, sleep, until } from '../lib/tap.mjs';
import { rooms } from '../lib/tokens.mjs';

export { end } from '../lib/pairs.mjs';

const numbers = (count) => Array.from({ length: count }, (_, i) => String(i));
const tracksOf = async (viewer, identity) => (await viewer.view(identity)).tracks;

/** Both publish, both see, hear, and can be pulled by their lines. */
async function talk(server, pairing, key) {
  const lines = [await Line.to(server), await Line.to(server)];
  const two = await pair(server, pairing, { key, anna: { url: lines[0].url }, ben: { url: lines[1].url } });
  const { a, b } = two;
  await Promise.all([a.publishVideo(), a.publishTone(440), b.publishVideo(), b.publishTone(1000)]);
  await flows(a, b);
  return { ...two, lines };
}

/** Media both ways. */
async function flows(a, b) {
  await Promise.all([
    b.seesPattern('anna'),
    b.hearsTone('anna', 440),
    a.seesPattern('ben'),
    a.hearsTone('ben', 1000),
  ]);
}

/** Whoever has another SDK than the one before. */
const kinds = ({ a, b, lines }) =>
  a.constructor === b.constructor ? [[a, b, lines[0]]] : [[a, b, lines[0]], [b, a, lines[1]]];

/** What `act` does to `one` is a resume: same session, nobody notices, no message is lost either way. */
async function resumes(one, other, act) {
  const { sid } = await one.me();
  const [mine, theirs] = [await one.mark(), await other.mark()];
  await Promise.all([one.forget(), other.forget()]);
  await act();
  for (const text of numbers(30)) {
    await Promise.all([one.send(text), other.send(text), sleep(10)]);
  }
  await one.expects('reconnected', { since: mine }, 30000);
  equal((await one.me()).sid, sid, 'own id');
  for (const [client, since] of [[one, mine], [other, theirs]]) {
    equal(await client.texts(30), numbers(30), `messages at ${client.identity}`);
    equal(await client.saw('participantDisconnected', { since }), null, `${client.identity} sees somebody leave`);
    equal(await client.saw('disconnected', { since }), null, `${client.identity} is disconnected`);
  }
}

async function pulledLine(server, pairing, key) {
  const people = await talk(server, pairing, key);
  for (const [one, other, line] of kinds(people)) {
    // Twice in a row.
    for (let turn = 0; turn < 2; turn++) {
      const { accepted } = line;
      await resumes(one, other, () => line.pull());
      check(line.accepted > accepted, 'a new connection was made');
    }
  }
  await flows(people.a, people.b);
}

async function signalReconnect(server, pairing, key) {
  const people = await talk(server, pairing, key);
  for (const [one, other] of kinds(people)) await resumes(one, other, () => one.simulate('signal-reconnect'));
  await flows(people.a, people.b);
}

/** After `act` on `one` it has a new session, never having been told that it is disconnected. */
async function rejoins(one, other, act) {
  const { sid } = await one.me();
  const since = await one.mark();
  await act();
  await one.expects('reconnected', { since }, 40000);
  equal(await one.saw('disconnected', { since }), null, 'disconnected');
  const now = await until('a new id', async () => {
    const me = await one.me();
    return me.sid !== sid && me.sid;
  });
  await until('the new session is seen', async () => (await other.view(one.identity))?.sid === now, 30000);
}

async function fullReconnect(server, pairing, key) {
  const people = await talk(server, pairing, key);
  for (const [one, other] of kinds(people)) {
    await rejoins(one, other, () => one.simulate('full-reconnect'));
    await flows(people.a, people.b);
    equal((await tracksOf(other, one.identity)).length, 2, 'tracks after it');
  }
}

/** The server forgets somebody whose line is down: their resume cannot work, and becomes a join. */
async function forgotten(server, pairing) {
  const people = await talk(server, pairing);
  for (const [one, other, line] of kinds(people)) {
    await rejoins(one, other, async () => {
      line.pull(true);
      await rooms(server).removeParticipant(people.room, one.identity);
      line.mend();
    });
    await flows(people.a, people.b);
    equal((await tracksOf(other, one.identity)).length, 2, 'tracks after it');
  }
}

/** A resume that fails once does not loop. */
async function failsOnce(server) {
  const people = await talk(server, PAIRINGS[1]);
  const { a, b } = people;
  const since = await a.mark();
  await a.simulate('resume-reconnect');
  await a.expects('reconnected', { since }, 40000);
  equal(await a.saw('disconnected', { since }), null, 'disconnected');
  await flows(a, b);
  equal((await tracksOf(b, 'anna')).length, 2, 'tracks after it');
}

/** 128 packets of 4 KB, a hundred a second; both the sender's and the receiver's lines break meanwhile. */
async function lossless(server, pairing, key) {
  const lines = [await Line.to(server), await Line.to(server)];
  const { a, b } = await pair(server, pairing, { key, anna: { url: lines[0].url }, ben: { url: lines[1].url } });
  const since = [await a.mark(), await b.mark()];
  await a.send('first');
  await b.texts(1);
  const sent = numbers(128).map((text) => text.padEnd(4096, '.'));
  for (const [i, text] of sent.entries()) {
    if (i === 20) lines[0].pull();
    if (i === 40) lines[1].pull();
    await Promise.all([a.send(text), sleep(10)]);
  }
  await Promise.all([a.expects('reconnected', { since: since[0] }), b.expects('reconnected', { since: since[1] })]);
  equal((await b.texts(129)).slice(1).map((text) => text.slice(0, 8)), sent.map((text) => text.slice(0, 8)), 'messages');
  check((await b.received()).slice(1).every(({ text }) => text.length === 4096), 'their lengths');
}

/** Anna, who never published, is away when Cleo leaves and Dora comes: the list she gets on her return is complete. */
async function completeList(server, [, Anna, Other]) {
  const room = await makeRoom(server, 'list');
  const line = await Line.to(server);
  const a = await Anna.join(server, room, 'anna', { url: line.url });
  const c = await Other.join(server, room, 'cleo');
  await a.sees('cleo');
  const since = await a.mark();
  line.pull(true);
  await c.leave();
  const d = await Other.join(server, room, 'dora');
  line.mend();
  await Promise.all([a.seesGone('cleo', 30000), a.sees('dora', 30000)]);
  await a.expects('reconnected', { since });
  await d.send('welcome back');
  equal(await a.texts(1), ['welcome back'], 'a message');
}

/** A mute that is asked for while the line is down happens when it is up again. */
async function muteMeanwhile(server, pairing) {
  const { a, b, lines } = await talk(server, pairing);
  const since = [await a.mark(), await b.mark()];
  lines[0].pull(true);
  const muted = a.mute('microphone', true);
  lines[0].mend();
  await a.expects('reconnected', { since: since[0] }, 30000);
  await muted;
  await b.expects('trackMuted', { since: since[1], who: 'anna' });
}

/** Every pairing, clear and encrypted, at once; the server ends as `signal` makes it, and is started anew. */
async function restart(server, signal) {
  const meetings = PAIRINGS.flatMap((pairing) => MODES.map(([, key]) => [pairing, key]));
  const people = await Promise.all(
    meetings.map(async ([pairing, key]) => {
      const { a, b } = await pair(server, pairing, { key });
      await Promise.all([a.publishTone(440), b.publishTone(1000)]);
      await Promise.all([b.hearsTone('anna', 440), a.hearsTone('ben', 1000)]);
      return [a, b];
    }),
  );
  const all = people.flat();
  const since = await Promise.all(all.map((one) => one.mark()));
  await server.restart(signal);
  await Promise.all(all.map((one, i) => one.expects('reconnected', { since: since[i] }, 60000)));
  await Promise.all(people.flatMap(([a, b]) => [b.hearsTone('anna', 440, 40000), a.hearsTone('ben', 1000, 40000)]));
  for (const [i, one] of all.entries()) {
    equal(await one.saw('disconnected', { since: since[i] }), null, `${one.identity} is disconnected`);
  }
  for (const [a, b] of people) {
    await a.send('here again');
    equal(await b.texts(1), ['here again'], 'a message');
  }
}

export const cases = (server) => [
  ...everyPair(server, 'a pulled WebSocket is resumed', 90, pulledLine),
  ...everyPair(server, 'signal-reconnect', 90, signalReconnect),
  ...everyPair(server, 'full-reconnect', 120, fullReconnect),
  ...everyPair(server, 'no message is lost when both resume', 90, lossless),
  ...everyPair(server, 'a forgotten session becomes a new one', 120, forgotten, MODES.slice(0, 1)),
  ...everyPair(server, 'who comes back gets the whole list', 60, completeList, MODES.slice(0, 1)),
  ...everyPair(server, 'a mute during the resume', 60, muteMeanwhile, MODES.slice(0, 1)),
  ['a resume that fails once: Chromium', 90, () => failsOnce(server)],
  ['the server is restarted, and all come back', 150, () => restart(server)],
  ['the server is killed, and all come back', 150, () => restart(server, 'SIGKILL')],
];
