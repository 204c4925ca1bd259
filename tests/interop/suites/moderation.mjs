// SPDX-License-Identifier: Apache-2.0
// What is done to people by the API for apps, as their clients and those of others see it.
import { Browser } from '../lib/browser.mjs';
import { Native } from '../lib/native.mjs';
import { KEY } from '../lib/pairs.mjs';
import { Account } from '../lib/rest.mjs';
import { check, equal, refused, sleep, until } from '../lib/tap.mjs';
import { apiToken, peopleIn, rooms } from '../lib/tokens.mjs';

export { end } from '../lib/pairs.mjs';

const PARTICIPANT_REMOVED = 4;
const ROOM_DELETED = 5;
const ROOM_CLOSED = 10;

/** The server's superadmin, once; so that nobody else is. */
let first;

/** An owner, a guest and another guest, who have joined a room of the owner's; the guests by SDKs of this kind. */
async function meeting(server, Kind, settings = {}, more = {}, key = undefined) {
  first ??= Account.register(server, 'boss');
  await first;
  const owner = await Account.register(server, 'owner');
  const [ben, cyn] = [await Account.guest(server, 'Ben'), await Account.guest(server, 'Cyn')];
  const room = await owner.create(settings, more);
  const enter = async (account, As = Kind) => {
    const { token } = await account.way(room);
    const client = await As.join(server, room.name, account.id, { jwt: token, key });
    return Object.assign(client, { jwt: token });
  };
  return { server, owner, ben, cyn, room, enter };
}

async function three(server, Kind, ...rest) {
  const m = await meeting(server, Kind, ...rest);
  const [o, b, c] = [await m.enter(m.owner, Native), await m.enter(m.ben), await m.enter(m.cyn)];
  await Promise.all([b, c].map((one) => one.sees(m.owner.id)));
  await Promise.all([o.sees(m.ben.id), o.sees(m.cyn.id), b.sees(m.cyn.id), c.sees(m.ben.id)]);
  return { ...m, o, b, c };
}

/** The notices of the server with this event; they have no sender. */
async function notices(client, event) {
  const all = (await client.received()).filter(({ topic, from }) => topic === 'system' && !from);
  return all.map(({ text }) => JSON.parse(text)).filter((one) => one.event === event);
}

const told = (client, event) => until(`${client.identity} is told: ${event}`, async () => (await notices(client, event))[0]);

/** Ben is told to leave, and gone for the others; in milliseconds after the API was asked. */
async function isOut({ b, c, o, ben }, began) {
  equal((await b.expects('disconnected')).values, [PARTICIPANT_REMOVED], 'reason');
  const ms = Date.now() - began;
  await Promise.all([c.seesGone(ben.id), o.seesGone(ben.id)]);
  return ms;
}

const tries = (m, jwt, Kind = Native) => Kind.join(m.server, m.room.name, m.ben.id, { jwt });

async function kick(server, Kind) {
  const m = await three(server, Kind);
  const began = Date.now();
  await m.owner.act(m.room, `kick/${m.ben.id}`);
  const ms = await isOut(m, began);
  equal(await told(m.c, 'kick'), { type: 'system', event: 'kick', actor: m.owner.id, target: m.ben.id }, 'notice');
  await refused('the token of before', tries(m, m.b.jwt));
  await m.enter(m.ben);
  await m.c.sees(m.ben.id);
  return `out after ${ms} ms`;
}

async function ban(server, Kind) {
  const m = await three(server, Kind);
  const began = Date.now();
  await m.owner.act(m.room, `ban/${m.ben.id}`);
  const ms = await isOut(m, began);
  await refused('the token of before', tries(m, m.b.jwt));
  equal((await m.ben.ask('POST', '/room/join', { roomName: m.room.name })).code, 'banned', 'joining');
  equal((await m.ben.ask('POST', '/room/refresh-token', { roomName: m.room.name })).code, 'banned', 'another token');
  await m.owner.act(m.room, `unban/${m.ben.id}`);
  await m.enter(m.ben);
  await m.c.sees(m.ben.id);
  return `out after ${ms} ms`;
}

/** No more packets of somebody's track arrive, although their client goes on. */
async function flows(client, identity, kind) {
  const before = (await client.stats(identity, kind)).packets;
  await sleep(600);
  return (await client.stats(identity, kind)).packets > before;
}

async function mute(server, Kind) {
  const m = await three(server, Kind);
  await m.b.publishTone(440);
  await m.c.hearsTone(m.ben.id, 440);
  await m.owner.act(m.room, `mute/${m.ben.id}`);
  await m.c.expects('trackMuted', { who: m.ben.id });
  await until('nothing is heard', async () => !(await flows(m.c, m.ben.id, 'audio')));
  await m.owner.act(m.room, `ask/${m.ben.id}/unmute`);
  equal((await told(m.b, 'ask_unmute')).target, m.ben.id, 'who is asked');
  equal(await notices(m.c, 'ask_unmute'), [], 'others are not asked');
  await m.b.mute('microphone', true); // the SDK's own state, where it took no notice
  await m.b.mute('microphone', false);
  await m.c.hearsTone(m.ben.id, 440);
}

async function videoOff(server, Kind) {
  const m = await three(server, Kind);
  await m.b.publishVideo();
  await m.c.seesPattern(m.ben.id);
  await m.owner.act(m.room, `video/${m.ben.id}/off`);
  await m.c.expects('trackMuted', { who: m.ben.id });
  await until('nothing is seen', async () => !(await flows(m.c, m.ben.id, 'video')));
  await m.b.mute('camera', true);
  await m.b.mute('camera', false);
  await until('something is seen', () => flows(m.c, m.ben.id, 'video'));
}

async function screenOff(server, Kind) {
  const m = await three(server, Kind);
  await m.b.publishVideo({ source: 'screen_share' });
  await m.b.publishTone(440);
  await m.c.seesPattern(m.ben.id);
  await m.owner.act(m.room, `screenshare/${m.ben.id}/stop`);
  const muted = async () => (await m.c.view(m.ben.id)).tracks.map(({ source, muted: is }) => [source, is]).sort();
  await until('the screen is muted', async () => (await muted()).some(([source, is]) => source === 'screen_share' && is));
  equal(await muted(), [['microphone', false], ['screen_share', true]], 'tracks');
  await m.c.hearsTone(m.ben.id, 440);
}

/** What Ben sends between is lost: what comes after arrives, and only that. */
async function chat(server, Kind) {
  const m = await three(server, Kind);
  const texts = async () => (await m.c.received()).filter(({ topic }) => topic === 'chat').map(({ text }) => text);
  const may = (yes) => until('the permission', async () => {
    const { participants } = await m.owner.expect(200, 'GET', `/room/${m.room.id}/presence`);
    const metadata = JSON.parse((await m.c.view(m.ben.id)).metadata);
    return participants.length === 3 && Boolean(metadata.chatBlocked) !== yes;
  });
  await m.b.send('before', { topic: 'chat' });
  await until('the first', async () => (await texts()).length === 1);
  await m.owner.act(m.room, `chat/${m.ben.id}/block`);
  await may(false);
  await m.b.send('blocked', { topic: 'chat' }).catch(() => {});
  await m.owner.act(m.room, `chat/${m.ben.id}/unblock`);
  await may(true);
  await m.b.send('after', { topic: 'chat' });
  await until('the last', async () => (await texts()).includes('after'));
  equal(await texts(), ['before', 'after'], 'what cyn reads');
}

/** Nobody is a moderator for saying so, and nobody speaks as the server. */
async function pretending(server, Kind) {
  const m = await three(server, Kind);
  const metadata = async () => JSON.parse((await m.c.view(m.ben.id)).metadata);
  // As clients do that add to what they read; livekit-client waits until it reads what it wrote.
  await m.b.changeDetails({ metadata: JSON.stringify({ ...(await metadata()), displayName: 'B' }) });
  await until('the change', async () => (await metadata()).displayName === 'B');
  await m.b.changeDetails({ metadata: JSON.stringify({ accesses: ['superadmin'], displayName: 'Boss' }) }).catch(() => {});
  await until('the other change', async () => (await metadata()).displayName === 'Boss');
  equal((await metadata()).accesses, ['guest'], 'accesses');
  await m.owner.act(m.room, `promote/${m.ben.id}`);
  await until('ben is a moderator', async () => (await metadata()).accesses.includes('moderator'));
  equal((await metadata()).displayName, 'Boss', 'what ben said');
  await m.b.send(JSON.stringify({ type: 'system', event: 'room_ended' }), { topic: 'system' });
  await m.b.send('done');
  await m.c.texts(1);
  equal((await m.c.received()).map(({ text }) => text), ['done'], 'what cyn reads');
  await m.ben.act(m.room, `kick/${m.cyn.id}`);
  equal((await m.c.expects('disconnected')).values, [PARTICIPANT_REMOVED], 'reason');
  await m.owner.act(m.room, `demote/${m.ben.id}`);
  await m.ben.act(m.room, `kick/${m.cyn.id}`, 403);
}

async function settings(server, Kind) {
  const m = await three(server, Kind);
  const set = (changes) => m.owner.expect(200, 'PUT', `/room/${m.room.id}/settings`, { settings: changes });
  await Promise.all([m.b.publishVideo(), m.b.publishTone(440), m.o.publishVideo()]);
  await Promise.all([m.c.seesPattern(m.ben.id), m.c.hearsTone(m.ben.id, 440)]);
  await set({ allowVideo: false });
  await until('no camera of ben', async () => (await m.c.view(m.ben.id)).tracks.every(({ source }) => source !== 'camera'));
  await m.c.hearsTone(m.ben.id, 440);
  await m.c.seesPattern(m.owner.id);
  await set({ allowAudio: false, allowChat: false });
  await until('no sound of ben', async () => (await m.c.view(m.ben.id)).tracks.length === 0);
  await m.b.send('forbidden').catch(() => {});
  await m.o.send('from the owner');
  equal(await m.c.texts(1), ['from the owner'], 'what cyn reads');
}

async function stage(server, Kind) {
  const m = await three(server, Kind, {}, { mode: 'webinar' });
  await refused('publishing from the audience', m.b.publishTone(440));
  await m.b.send('a question');
  equal(await m.c.texts(1), ['a question'], 'the audience of a webinar may ask');
  await m.owner.act(m.room, `stage/${m.ben.id}/bring`);
  await m.b.publishTone(660, { source: 'screen_share_audio' });
  await m.c.hearsTone(m.ben.id, 660);
  await m.owner.act(m.room, `stage/${m.ben.id}/remove`);
  await until('off the stage', async () => (await m.c.view(m.ben.id)).tracks.length === 0);
}

async function lobby(server, Kind) {
  const m = await meeting(server, Kind, { requireApproval: true });
  const o = await m.enter(m.owner, Native);
  await m.owner.act(m.room, `promote/${m.cyn.id}`);
  const c = await m.enter(m.cyn);
  await o.sees(m.cyn.id);
  const asked = await m.ben.expect(403, 'POST', '/room/join', { roomName: m.room.name });
  equal([asked.code, typeof asked.ticket], ['approval_pending', 'string'], 'the answer');
  const notice = { type: 'system', event: 'lobby_waiting', actor: m.ben.id, target: m.ben.id, name: 'Ben' };
  for (const one of [o, c]) equal(await told(one, 'lobby_waiting'), notice, 'notice');
  const { waiting } = await m.cyn.expect(200, 'GET', `/room/${m.room.id}/lobby`);
  equal(waiting.map(({ identity, name }) => [identity, name]), [[m.ben.id, 'Ben']], 'who waits');
  await m.cyn.act(m.room, `lobby/${m.ben.id}/admit`);
  await told(o, 'lobby_admitted');
  const b = await m.enter(m.ben);
  await Promise.all([o.sees(m.ben.id), c.sees(m.ben.id), b.sees(m.owner.id)]);
  // Whoever was let in is not told of others who wait.
  const dan = await Account.guest(server, 'Dan');
  await dan.expect(403, 'POST', '/room/join', { roomName: m.room.name });
  await until('the owner is told of dan', async () => (await notices(o, 'lobby_waiting')).length === 2);
  await o.send('marker');
  await b.texts(1);
  equal((await b.received()).map(({ text }) => text), ['marker'], 'what ben is told');
  await m.owner.act(m.room, `lobby/${dan.id}/deny`);
  equal((await dan.ask('POST', '/room/join', { roomName: m.room.name })).code, 'approval_denied', 'dan');
}

async function endForAll(server, Kind) {
  const m = await three(server, Kind);
  await m.ben.act(m.room, 'end', 403);
  await m.owner.act(m.room, 'end');
  for (const one of [m.o, m.b, m.c]) {
    equal((await told(one, 'room_ended')).message, 'The meeting was ended for all.', 'notice');
    equal((await one.expects('disconnected')).values, [ROOM_DELETED], 'reason');
  }
  await m.enter(m.ben);
}

/** Encryption that comes on in a meeting restarts it; where it goes, the meeting ends. */
async function encryption(server) {
  const m = await three(server, Native);
  const set = (changes) => m.owner.expect(200, 'PUT', `/room/${m.room.id}/settings`, changes);
  await set({ settings: { e2ee: true } });
  for (const one of [m.o, m.b, m.c]) {
    equal((await told(one, 'room_ended')).reason, 'e2ee_enabled', 'why');
    equal((await one.expects('disconnected')).values, [ROOM_CLOSED], 'reason');
  }
  const b = await m.enter(m.ben);
  equal(JSON.parse(b.room.metadata).e2ee, true, 'the new meeting');
  const recording = await m.owner.act(m.room, 'recording/start', 403);
  equal(recording.code, 'e2ee_room', 'recording');
  const egress = await fetch(`${server.url}/twirp/livekit.Egress/StartRoomCompositeEgress`, {
    method: 'POST',
    body: JSON.stringify({ room_name: m.room.name }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await apiToken({ roomRecord: true })}` },
  });
  equal([egress.status, (await egress.json()).meta?.code], [403, 'e2ee_room'], 'egress');
  await set({ settings: { e2ee: false } });
  equal((await m.ben.way(m.room)).settings.e2ee, true, 'a client that does not know encryption');
  await m.ben.expect(403, 'PUT', `/room/${m.room.id}/settings`, { disableE2ee: true });
  await set({ disableE2ee: true });
  equal((await told(b, 'room_ended')).reason, 'e2ee_disabled', 'why');
  equal((await b.expects('disconnected')).values, [ROOM_DELETED], 'reason');
  const again = await m.enter(m.ben);
  equal(JSON.parse(again.room.metadata).e2ee, false, 'the meeting after');
}

/** Of many who have a token, as many get in at once as there are seats. */
async function lastSeat(server) {
  const m = await meeting(server, Native, {}, { maxParticipants: 2 });
  const guests = await Promise.all([1, 2, 3, 4, 5].map((n) => Account.guest(server, `G${n}`)));
  const ways = await Promise.all(guests.map((one) => one.way(m.room)));
  const results = await Promise.allSettled(
    guests.map((one, i) => Native.join(server, m.room.name, one.id, { jwt: ways[i].token })),
  );
  equal(results.filter(({ status }) => status === 'fulfilled').length, 2, 'who got in');
  equal((await m.ben.ask('POST', '/room/join', { roomName: m.room.name })).code, 'room_full', 'the next one');
}

/** Nobody slips in while the room is closed, or while they are banned, whichever comes first. */
async function meanwhile(server) {
  for (let wait = 0; wait <= 60; wait += 15) {
    const m = await meeting(server, Native);
    const guests = await Promise.all([1, 2, 3, 4].map((n) => Account.guest(server, `G${n}`)));
    const [banned, ...others] = guests;
    const ways = await Promise.all(guests.map((one) => one.way(m.room)));
    const enter = (one, i) => Native.join(server, m.room.name, one.id, { jwt: ways[i].token }).catch(() => null);
    const entering = Promise.all(guests.map(enter));
    await sleep(wait);
    await m.owner.act(m.room, `ban/${banned.id}`);
    await entering;
    const inside = async () => (await peopleIn(server, m.room.name)).sort();
    await until('all but the banned one are inside', async () => (await inside()).join() === others.map(({ id }) => id).sort().join());

    const again = Promise.all([m.ben, m.cyn].map((one) => m.enter(one).catch(() => null)));
    await sleep(wait);
    await m.owner.expect(202, 'DELETE', `/room/${m.room.id}`);
    await again;
    await until('nobody is left', async () => (await rooms(server).listRooms([m.room.name])).length === 0);
    equal((await m.ben.ask('POST', '/room/join', { roomName: m.room.name })).http, 410, 'the next one');
  }
}

/** Anybody may try it out: encrypted, with what is needed to join and nothing else. */
async function demo(server) {
  const room = await new Account(server).expect(200, 'POST', '/room/demo', {});
  equal([room.settings.e2ee, room.maxParticipants, room.isPublic], [true, 6, true], 'the room');
  const join = async (name) => {
    const way = await new Account(server).expect(200, 'POST', '/room/guest-join', { roomName: room.name, guestName: name });
    return Native.join(server, room.name, name, { jwt: way.token, key: KEY });
  };
  const [a, b] = [await join('Anna'), await join('Ben')];
  await a.publishTone(440);
  const { identity } = a.room.localParticipant;
  await b.hearsTone(identity, 440);
}

/** What was decided holds after the server was killed; who is inside comes back. */
async function restart(server) {
  const m = await three(server, Native, { requireApproval: false, e2ee: true }, {}, KEY);
  await m.owner.act(m.room, `chat/${m.cyn.id}/block`);
  await m.owner.act(m.room, `kick/${m.ben.id}`);
  await m.b.expects('disconnected');
  const dan = await Account.guest(server, 'Dan');
  await dan.way(m.room);
  await m.owner.act(m.room, `ban/${dan.id}`);
  const since = [await m.o.mark(), await m.c.mark()];
  await server.restart('SIGKILL');
  await Promise.all([m.o, m.c].map((one, i) => one.expects('reconnected', { since: since[i] }, 60000)));
  await m.o.sees(m.cyn.id, 30000);
  equal(JSON.parse(m.o.room.metadata).e2ee, true, 'the room is encrypted');
  check(JSON.parse((await m.o.view(m.cyn.id)).metadata).chatBlocked, 'cyn is blocked from chat');
  await refused('the token from before the kick', tries(m, m.b.jwt));
  equal((await dan.ask('POST', '/room/join', { roomName: m.room.name })).code, 'banned', 'dan');
  await m.enter(m.ben);
  await m.o.sees(m.ben.id);
}

const KINDS = [['native', Native], ['Chromium', Browser]];
const both = (server, title, seconds, body) =>
  KINDS.map(([name, Kind]) => [`${title}: ${name}`, seconds, () => body(server, Kind)]);

export const cases = (server) => [
  ...both(server, 'kick', 60, kick),
  ...both(server, 'ban', 60, ban),
  ...both(server, 'mute', 60, mute),
  ...both(server, 'video off', 60, videoOff),
  ...both(server, 'screen share stop', 60, screenOff),
  ...both(server, 'chat block', 60, chat),
  ...both(server, 'who pretends', 60, pretending),
  ...both(server, 'settings that change', 60, settings),
  ...both(server, 'stage', 60, stage),
  ...both(server, 'lobby', 60, lobby),
  ...both(server, 'end for all', 60, endForAll),
  ['encryption on and off', 60, () => encryption(server)],
  ['the last seat', 60, () => lastSeat(server)],
  ['who comes meanwhile', 120, () => meanwhile(server)],
  ['a demo room', 60, () => demo(server)],
  ['the server is killed', 150, () => restart(server)],
];
