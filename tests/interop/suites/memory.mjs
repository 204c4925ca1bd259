// SPDX-License-Identifier: Apache-2.0
// What a server holds after everything is over, in a build without sanitizers: the same load again and again, and no
// more memory, descriptors or threads than after the first times.
import { HalfPeer, rubbish, Stranger } from '../lib/datagrams.mjs';
import { Native } from '../lib/native.mjs';
import { abreast, ask, descriptorsReturn, holdings, Raw, request, seeded, serves } from '../lib/raw.mjs';
import { Signal } from '../lib/signal.mjs';
import { check, Skip, sleep, until } from '../lib/tap.mjs';
import { apiToken, peopleIn, roomName, rooms } from '../lib/tokens.mjs';

export { end } from '../lib/native.mjs';

// One arena, given back as soon as its top is free: resident memory then follows what is held.
export const options = {
  program: process.env.BEDRUD_PLAIN,
  env: { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '65536', MALLOC_MMAP_THRESHOLD_: '65536' },
};

const WARM_UP = 2;
const ROUNDS = 5;
/**
 * KiB from a round to the next, in the middle of all rounds: what is lost is lost in each of them, while the allocator
 * takes a page more now and then, and gives some back. Of the hundred sessions a round, each holds some 15.
 */
const GROWTH = 128;

const count = (n) => Array.from({ length: n }, (_, i) => i);

/** The same in every round. */
const LOADS = {
  'people who join, ask for things and go': async (server) => {
    const room = roomName('load');
    await abreast(count(60), 8, async (i) => {
      const signal = await Signal.open(server, room, `person-${i}`, { grants: { canUpdateOwnMetadata: true } });
      signal.say('addTrack', { cid: 'a', type: 0, source: 2 });
      signal.say('updateMetadata', { metadata: 'm'.repeat(5000), name: 'n', attributes: { a: 'b' } });
      signal.say('offer', { type: 'offer', sdp: 'v=0', id: 1 });
      signal.say('subscription', { trackSids: ['TR_x'], subscribe: true });
      signal.raw(Buffer.from('ffff', 'hex'));
      signal.say('pingReq', { timestamp: 1n, rtt: 0n });
      await signal.expects('pongResp');
      signal.close();
    });
  },
  'people who begin to connect': async (server) => {
    const room = roomName('half');
    await abreast(count(50), 8, async (i) => {
      const peer = await HalfPeer.join(server, room, `half-${i}`);
      await peer.connect();
      await peer.greet();
      peer.leave();
    });
  },
  'meetings': async (server) => {
    await abreast(count(2), 2, async () => {
      const room = roomName('meeting');
      const [a, b] = await Promise.all([Native.join(server, room, 'anna'), Native.join(server, room, 'ben')]);
      await Promise.all([a.publishVideo(), b.publishTone(440)]);
      await Promise.all([b.seesPattern('anna'), a.hearsTone('ben', 440)]);
      for (const i of count(20)) await a.send(`${i}`.padEnd(20000));
      await b.texts(20);
      await Promise.all([a.leave(), b.leave()]);
    });
  },
  'bad requests': async (server) => {
    const token = await apiToken({ roomCreate: true });
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const bodies = ['', '{', '[]', '{"name":5}', '['.repeat(50000), `{"name":"${'x'.repeat(1000000)}"}`, '{"name":"x","metadata":{}}'];
    await abreast(count(140), 8, (i) =>
      ask(server, request('POST', '/twirp/livekit.RoomService/CreateRoom', headers, bodies[i % bodies.length])));
    await abreast(count(60), 8, (i) => ask(server, request('GET', `/rtc?access_token=${'x'.repeat(i * 400)}`)));
  },
  'connections that come to nothing': async (server) => {
    const all = await Promise.all(count(200).map(() => Raw.open(server)));
    all.forEach((raw, i) => {
      if (i % 4 === 1) raw.send('GET / HTTP/1.1\r\nX: ');
      if (i % 4 === 2) raw.send(`POST /twirp/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(200000)}`);
      if (i % 4 === 3) raw.send(request('GET', '/test', { Connection: 'keep-alive' }));
    });
    await sleep(200);
    all.forEach((raw) => raw.destroy());
  },
  'rubbish on a media port': async (server) => {
    const spy = await HalfPeer.join(server, roomName('spy'), 'spy');
    const strangers = await Promise.all(count(4).map(() => Stranger.open()));
    await Promise.all(strangers.map((one, i) => one.sendAll(rubbish(seeded(i), 2000, spy), spy.port)));
    strangers.forEach((one) => one.close());
    spy.leave();
  },
  'one who reads nothing': async (server) => {
    const room = roomName('slow');
    const slow = await Signal.open(server, room, 'slow');
    slow.socket.pause();
    const loud = await Signal.open(server, room, 'loud', { grants: { canUpdateOwnMetadata: true } });
    let said = 0;
    await until('the slow one is dropped', async () => {
      for (const i of count(10)) loud.say('updateMetadata', { metadata: `${said + i}`.padEnd(60000, 'x') });
      said += 10;
      loud.messages.length = 0;
      return !(await peopleIn(server, room)).includes('slow');
    }, 60000);
    slow.close();
    loud.close();
  },
  'rooms that nobody enters': async (server) => {
    const api = rooms(server);
    for (const name of count(100).map(() => roomName('empty'))) {
      await api.createRoom({ name, metadata: 'm'.repeat(1000) });
      await api.deleteRoom(name);
    }
  },
};

/** Everybody goes and every room ends, so that nothing is left for a reason. */
async function settle(server, before) {
  const api = rooms(server);
  await until('no room is left', async () => {
    const list = await api.listRooms();
    for (const { name } of list) await api.deleteRoom(name).catch(() => {});
    return list.length === 0;
  }, 60000);
  await descriptorsReturn(server, before.descriptors);
}

async function memory(server) {
  if (!process.env.BEDRUD_PLAIN && !server.foreign) throw new Skip('BEDRUD_PLAIN names no program without sanitizers');
  await serves(server);
  const before = holdings(server);
  const seen = [];
  for (const round of count(WARM_UP + ROUNDS)) {
    for (const [what, load] of Object.entries(LOADS)) {
      const began = Date.now();
      await load(server);
      if (process.env.VERBOSE) process.stderr.write(`# ${what}: ${Date.now() - began} ms\n`);
    }
    await settle(server, before);
    seen.push(holdings(server));
    if (process.env.VERBOSE) process.stderr.write(`# round ${round}: ${JSON.stringify(seen.at(-1))}\n`);
  }
  await serves(server);
  const residents = seen.map(({ resident }) => resident);
  const steps = residents.slice(WARM_UP).map((one, i) => one - residents[WARM_UP + i - 1]);
  const grown = steps.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)];
  check(grown <= GROWTH, `resident KiB at first ${before.resident}, after each round ${residents.join(', ')}`);
  check(seen.at(-1).threads === before.threads, `threads: ${before.threads}, then ${seen.at(-1).threads}`);
  return `resident KiB ${before.resident}, then ${residents.join(', ')}`;
}

export const cases = (server) => [['the same load again and again', 400, () => memory(server)]];
