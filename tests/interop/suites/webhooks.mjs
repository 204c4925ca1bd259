// SPDX-License-Identifier: Apache-2.0
// Webhooks as LiveKit's own package receives them, and meetings at another media server: another bedrud, and livekit-server
// where it is installed.
import { spawn, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebhookReceiver } from 'livekit-server-sdk';
import { Native } from '../lib/native.mjs';
import { Receiver } from '../lib/receiver.mjs';
import { Server } from '../lib/server.mjs';
import { Skip, check, equal, refused, until } from '../lib/tap.mjs';
import { KEY, SECRET, roomName, rooms } from '../lib/tokens.mjs';

const SIGNING = { BEDRUD_API_KEY: 'APIwebhooks', BEDRUD_API_SECRET: 'a secret of thirty-two characters' };
/** Of the servers that carry others' meetings. */
const MEDIA = { key: 'APIapart', secret: 'another secret of thirty-two characters' };
const receiver = await new Receiver().listen();

export const options = { args: ['--webhook-urls', `${receiver.url}/livekit`], env: SIGNING };

/** What happened in a room, as the package reads it: it refuses what is not signed. */
async function read(letters) {
  const reader = new WebhookReceiver(SIGNING.BEDRUD_API_KEY, SIGNING.BEDRUD_API_SECRET);
  return Promise.all(letters.map(({ body, headers }) => reader.receive(body, headers.authorization)));
}

const of = (name) => ({ body }) => body.includes(name);

async function story(server) {
  const name = roomName('hooks');
  const a = await Native.join(server, name, 'anna', { token: { metadata: 'about anna' } });
  const sid = await a.publishTone(440);
  await receiver.await(3, of(name));
  const me = (await a.me()).sid;
  await a.leave();
  await receiver.await(5, of(name));
  await rooms(server).deleteRoom(name);
  const letters = await receiver.await(6, of(name));
  const events = await read(letters);
  equal(
    events.map(({ event }) => event),
    ['room_started', 'participant_joined', 'track_published', 'track_unpublished', 'participant_left', 'room_finished'],
    'the story',
  );
  for (const { headers } of letters) equal(headers['content-type'], 'application/webhook+json', 'the type');
  equal(new Set(events.map(({ id }) => id)).size, 6, 'ids are used once');
  check(events.every(({ id, createdAt, room }) => id.startsWith('EV_') && createdAt > 0n && room.name === name), 'each says when and where');
  const [, joined, published, , left] = events;
  equal([joined.participant.identity, joined.participant.sid, joined.participant.metadata], ['anna', me, 'about anna'], 'who came');
  equal([published.participant.identity, published.track.sid], ['anna', sid], 'whose track');
  equal(left.participant.identity, 'anna', 'who left');
  const { body, headers } = letters[0];
  const reader = new WebhookReceiver(SIGNING.BEDRUD_API_KEY, SIGNING.BEDRUD_API_SECRET);
  await refused('another body', reader.receive(body.replace('room_started', 'room_finished'), headers.authorization));
  await refused('another secret', new WebhookReceiver(KEY, SECRET).receive(body, headers.authorization));
}

async function again(server) {
  const name = roomName('again');
  receiver.status = 503;
  await rooms(server).createRoom({ name });
  const [first] = await receiver.await(1, of(name));
  receiver.status = 200;
  await rooms(server).deleteRoom(name);
  const letters = await receiver.await(3, of(name), 'all letters, in the end');
  equal(letters[1].body, first.body, 'the same letter');
  equal((await read(letters)).map(({ event }) => event), ['room_started', 'room_started', 'room_finished'], 'in order');
}

// ---- meetings at another server ----

async function post(url, path, token, body = {}) {
  const answer = await fetch(`${url}/api${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  });
  const value = await answer.json();
  check(answer.ok, `${path}: ${answer.status} ${JSON.stringify(value)}`);
  return value;
}

async function account(url, name) {
  const answer = await post(url, '/auth/register', null, { email: `${name}@example.org`, password: 'correct horse 9', name });
  return { id: answer.user.id, token: answer.tokens.accessToken };
}

/** Whoever was put out is so, whatever token they still have. */
async function removal(app, mediaUrl) {
  const events = await new Receiver().listen();
  const [boss, bob] = [await account(app.url, 'boss'), await account(app.url, 'bob')];
  const hook = await post(app.url, '/admin/webhooks', boss.token, { url: events.url });
  const room = await post(app.url, '/room/create', boss.token, { maxParticipants: 5 });
  const join = () => post(app.url, '/room/join', bob.token, { roomName: room.name });
  const arrival = ({ headers }) => headers['x-bedrud-event'] === 'participant.joined';
  const pass = await join();
  equal(pass.livekitHost, mediaUrl.replace(/^http/, 'ws'), 'where the meeting is');
  const enter = ({ token, livekitHost }) => Native.join(app, room.name, 'bob', { jwt: token, url: livekitHost });
  const first = await enter(pass);
  await events.await(1, arrival);
  const seen = async () => (await (await fetch(`${app.url}/api/room/check/${room.name}`)).json()).count;
  equal(await seen(), 1, 'people inside');
  await post(app.url, `/room/${room.id}/kick/${bob.id}`, boss.token);
  await until('bob is put out', () => !first.room.isConnected);
  // The server there takes the old token still; ours has them removed again.
  const second = await enter(pass).catch(() => null);
  await events.await(2, arrival);
  await until('bob is put out again', () => !second?.room.isConnected);
  await until('nobody is inside', async () => (await seen()) === 0);
  const third = await enter(await join());
  const letters = await events.await(3, arrival);
  check(third.room.isConnected, 'bob may stay with a new token');
  equal(await seen(), 1, 'people inside');
  for (const { body, headers } of letters) {
    const mac = createHmac('sha256', hook.secret).update(body).digest('hex');
    equal(headers['x-bedrud-signature'], `sha256=${mac}`, 'the signature');
    equal(JSON.parse(body).data, { roomId: room.id, roomName: room.name, userId: bob.id }, 'what is told');
  }
  await third.leave();
  events.close();
}

/** An app server and what is to carry its meetings: `begin` is told where webhooks go, and says where the media are. */
async function apart(begin) {
  const args = ['--webhook-nets', '127.0.0.1'];
  const app = new Server({ args, env: { BEDRUD_LIVEKIT_SECRET: MEDIA.secret }, own: true });
  const media = await begin(`${await app.choose()}/api/livekit/webhook`);
  try {
    args.push('--livekit-url', media.url, '--livekit-key', MEDIA.key);
    await app.start();
    await removal(app, media.url);
    equal(await app.end(), 0, 'the end of the app server');
  } finally {
    await app.end();
    await media.end();
  }
}

async function ours(hook) {
  const env = { BEDRUD_API_KEY: MEDIA.key, BEDRUD_API_SECRET: MEDIA.secret };
  return new Server({ args: ['--webhook-urls', hook], env, own: true }).start();
}

async function livekits(hook) {
  if (spawnSync('livekit-server', ['--version']).error) throw new Skip('livekit-server is not installed');
  const place = new Server({ own: true });
  const url = await place.choose();
  const port = Number(new URL(url).port);
  const folder = mkdtempSync(join(tmpdir(), 'interop-livekit-'));
  const config = JSON.stringify({
    port,
    bind_addresses: ['127.0.0.1'],
    rtc: { udp_port: port, tcp_port: 0, node_ip: '127.0.0.1', enable_loopback_candidate: true },
    keys: { [MEDIA.key]: MEDIA.secret },
    webhook: { api_key: MEDIA.key, urls: [hook] },
  });
  const child = spawn('livekit-server', ['--config-body', config], { cwd: folder, stdio: 'ignore' });
  const gone = new Promise((done) => child.once('exit', done));
  const end = async () => {
    child.kill('SIGTERM');
    await gone;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until('livekit-server answers', async () => (await fetch(url)).ok);
  } catch (error) {
    await end();
    throw error;
  }
  return { url, end };
}

export const end = async () => {
  receiver.close();
  await (await import('../lib/native.mjs')).end();
};

export const cases = (server) => [
  ['a room\'s story, signed', 40, () => story(server)],
  ['what was not taken is sent again', 60, () => again(server)],
  ['whoever is put out stays out of another bedrud', 60, () => apart(ours)],
  ['whoever is put out stays out of livekit-server', 60, () => apart(livekits)],
];
