// SPDX-License-Identifier: Apache-2.0
// The media ports under fire, of strangers and of those who joined to harm: a meeting goes on meanwhile.
import { clientHello, dtlsRecord, HalfPeer, rubbish, Stranger, unanswered } from '../lib/datagrams.mjs';
import { Native } from '../lib/native.mjs';
import { abreast, descriptorsReturn, holdings, seeded, serves } from '../lib/raw.mjs';
import { check, equal, until } from '../lib/tap.mjs';
import { peopleIn, roomName } from '../lib/tokens.mjs';

export { end } from '../lib/native.mjs';

/** Two who talk, and must go on talking while `attack` runs and after it. */
async function during(server, attack) {
  const room = roomName('meeting');
  const [a, b] = await Promise.all([Native.join(server, room, 'anna'), Native.join(server, room, 'ben')]);
  await Promise.all([a.publishTone(440), b.publishVideo()]);
  await Promise.all([b.hearsTone('anna', 440), a.seesPattern('ben')]);
  const since = [await a.mark(), await b.mark()];
  let running = true;
  const done = attack(room).finally(() => (running = false));
  while (running) {
    await Promise.all([b.hearsTone('anna', 440), a.seesPattern('ben')]);
    await a.send('on');
  }
  await done;
  await Promise.all([b.hearsTone('anna', 440), a.seesPattern('ben')]);
  for (const [i, one] of [a, b].entries()) {
    equal(await one.saw('reconnecting', { since: since[i] }), null, `${one.identity} reconnects`);
    equal(await one.saw('disconnected', { since: since[i] }), null, `${one.identity} is disconnected`);
  }
  await Promise.all([a.leave(), b.leave()]);
}

/** From addresses that nobody knows; some know the name of a transport, from a session of their own. */
async function strangers(server) {
  await during(server, async (room) => {
    const spy = await HalfPeer.join(server, room, 'spy');
    const list = await Promise.all(Array.from({ length: 8 }, () => Stranger.open()));
    await Promise.all(list.map((one, i) => one.sendAll(rubbish(seeded(i), 4000, spy), spy.port)));
    unanswered(list, 'strangers');
    await spy.connect(); // its own transport took no harm
    spy.leave();
  });
  await serves(server);
}

/** Its address is good, what it says is not: in any order, before and during a handshake. */
async function insiders(server) {
  await during(server, async (room) => {
    await abreast(Array.from({ length: 12 }, (_, i) => i), 4, async (i) => {
      const peer = await HalfPeer.join(server, room, `insider-${i}`);
      await peer.connect();
      if (i % 2) await peer.greet();
      await peer.stranger.sendAll(rubbish(seeded(100 + i), 1500, peer), peer.port);
      peer.leave();
    });
  });
  await serves(server);
}

/** Hellos that are changed, cut in pieces that do not fit, or never end. */
async function badHellos(server) {
  const room = roomName('hello');
  const random = seeded(5);
  const piece = (length, at, size) => {
    const body = clientHello().subarray(25, 25 + size);
    const head = Buffer.from([1, 0, length >> 8, length & 0xff, 0, 0, 0, at >> 8, at & 0xff, 0, size >> 8, size & 0xff]);
    return dtlsRecord(22, Buffer.concat([head, body]));
  };
  const changed = () => {
    const bytes = clientHello({ sequence: random(50) });
    for (let n = 1 + random(4); n > 0; n--) bytes[13 + random(bytes.length - 13)] = random(256);
    return bytes;
  };
  const attacks = [
    Array.from({ length: 500 }, changed),
    Array.from({ length: 200 }, (_, i) => clientHello({ sequence: i })),
    Array.from({ length: 300 }, (_, i) => piece(60000, i * 50, 50)),
    [piece(100, 90, 50), piece(50, 0, 100), piece(0, 0, 0), piece(65535, 65535, 1), piece(100, 0, 20), piece(101, 0, 20)],
    Array.from({ length: 200 }, (_, i) => clientHello().subarray(0, 13 + i)),
    Array.from({ length: 100 }, () => dtlsRecord(21, Buffer.from([2, 40]))),
    Array.from({ length: 100 }, (_, i) => dtlsRecord(20, Buffer.from([1]), { sequence: i })),
    Array.from({ length: 100 }, (_, i) => dtlsRecord(23, Buffer.alloc(500, i), { epoch: 1, sequence: i })),
  ];
  await abreast(attacks, 2, async (list, i) => {
    const peer = await HalfPeer.join(server, room, `person-${i}`);
    await peer.connect();
    await peer.stranger.sendAll(list, peer.port);
    peer.leave();
  });
  await serves(server);
}

/** Checks that are right, many more than anybody needs: answered at a bounded rate, whatever their addresses. */
async function tooManyChecks(server) {
  const peer = await HalfPeer.join(server, roomName('checks'), 'anna');
  await peer.connect();
  const before = peer.answers();
  const began = Date.now();
  await peer.stranger.sendAll(Array.from({ length: 10000 }, () => peer.check()), peer.port);
  const seconds = Math.ceil((Date.now() - began) / 1000);
  const answers = peer.answers() - before;
  check(answers > 0 && answers <= 200 * (seconds + 1), `${answers} answers in ${seconds} s`);
  const others = await Promise.all(Array.from({ length: 100 }, () => Stranger.open()));
  for (const one of others) for (let i = 0; i < 20; i++) await one.send(peer.check(), peer.port);
  const all = others.reduce((sum, { received }) => sum + received.length, 0);
  check(all <= 2000, `${all} answers to 2,000 checks`);
  // The owner of the session is still heard, when the second of the flood is over.
  const heard = peer.answers();
  await until('an answer again', async () => {
    await peer.stranger.send(peer.check(), peer.port);
    return peer.answers() > heard;
  });
  peer.leave();
  await serves(server);
}

/** Many who join and begin to connect, and leave it at that. */
async function manyHalf(server) {
  const room = roomName('half');
  const before = holdings(server).descriptors;
  const peers = [];
  await abreast(Array.from({ length: 120 }, (_, i) => i), 8, async (i) => {
    const peer = await HalfPeer.join(server, room, `half-${i}`);
    peers.push(peer);
    await peer.connect();
    await peer.greet();
  });
  await serves(server);
  peers.forEach((peer) => peer.leave());
  await until('nobody is left', async () => (await peopleIn(server, room)).length === 0, 60000);
  await descriptorsReturn(server, before);
}

export const cases = (server) => [
  ['strangers', 120, () => strangers(server)],
  ['who joined to harm', 120, () => insiders(server)],
  ['DTLS that is none', 90, () => badHellos(server)],
  ['too many checks', 60, () => tooManyChecks(server)],
  ['many half-joined', 120, () => manyHalf(server)],
];
