// SPDX-License-Identifier: Apache-2.0
// Who is in a room, who they are, and what they may: joining by both SDKs, details and their changes, permissions.
import { Browser } from '../lib/browser.mjs';
import { Native } from '../lib/native.mjs';
import { everyPair, makeRoom, MODES, pair } from '../lib/pairs.mjs';
import { Signal } from '../lib/signal.mjs';
import { check, equal, refused, until } from '../lib/tap.mjs';
import { roomName, rooms } from '../lib/tokens.mjs';

export { end } from '../lib/pairs.mjs';

const CLEAR = MODES.slice(0, 1);
const DUPLICATE_IDENTITY = 2;
const PARTICIPANT_REMOVED = 4;
const ROOM_DELETED = 5;

async function meet(server, [, Anna, Ben]) {
  const room = roomName('meet');
  const began = Date.now();
  const token = { name: 'Anna A.', metadata: 'm', attributes: { hand: 'down' } };
  const a = await Anna.join(server, room, 'anna', { token });
  const b = await Ben.join(server, room, 'ben');
  await Promise.all([a.sees('ben'), b.sees('anna')]);
  const [me, seen] = [await a.me(), await b.view('anna')];
  check(me.sid.startsWith('PA_'), `participant id ${me.sid}`);
  check(me.roomSid.startsWith('RM_'), `room id ${me.roomSid}`);
  equal([seen.sid, seen.name, seen.metadata, seen.attributes], [me.sid, 'Anna A.', 'm', { hand: 'down' }], 'anna as seen');
  equal((await a.view('ben')).sid, (await b.me()).sid, 'id of the other');
  const [info] = await rooms(server).listRooms([room]);
  equal(info.sid, me.roomSid, 'room id of the server API');
  const age = Number(info.creationTimeMs) - began;
  check(age > -2000 && age < 60000, `the room was made ${age} ms after its first join`);
  await a.leave();
  await b.seesGone('anna');
}

/** Sees nobody's media, but is there and can send. */
async function withoutSubscribing(server, [, Anna, Ben]) {
  const room = roomName('deaf');
  const a = await Anna.join(server, room, 'anna', { grants: { canSubscribe: false } });
  const b = await Ben.join(server, room, 'ben');
  await Promise.all([a.sees('ben'), b.sees('anna')]);
  await Promise.all([a.publishTone(440), b.publishTone(1000)]);
  await b.hearsTone('anna', 440);
  equal((await a.view('ben')).tracks.filter(({ subscribed }) => subscribed), [], 'what anna gets');
}

/** What was published before is subscribed when the permission comes, and gone when publishing is forbidden. */
async function permissions(server, [, Anna, Ben]) {
  const room = roomName('permission');
  const a = await Anna.join(server, room, 'anna', { grants: { canSubscribe: false } });
  const b = await Ben.join(server, room, 'ben');
  await Promise.all([b.publishVideo(), b.publishTone(440)]);
  await until('anna knows the tracks', async () => (await a.view('ben'))?.tracks.length === 2);
  const may = (identity, permission) => rooms(server).updateParticipant(room, identity, { permission });
  await may('anna', { canSubscribe: true, canPublish: true, canPublishData: true });
  await Promise.all([a.seesPattern('ben'), a.hearsTone('ben', 440)]);

  const since = await a.mark();
  await may('ben', { canSubscribe: true, canPublish: false, canPublishData: true });
  await a.expects('trackUnsubscribed', { since, who: 'ben' });
  await until('anna sees no tracks', async () => (await a.view('ben')).tracks.length === 0);
  // rtc-node takes no notice of the server's word.
  if (b instanceof Browser) await until('ben has none either', async () => (await b.me()).tracks.length === 0);
  await may('ben', { canSubscribe: true, canPublish: true, canPublishData: true });
  await b.publishTone(660, { source: 'screen_share_audio' });
  await a.hearsTone('ben', 660);
}

/** The token that comes with new permissions carries them, those that are off too. */
async function refreshedToken(server) {
  const room = roomName('refresh');
  const signal = await Signal.open(server, room, 'anna');
  await signal.expects('refreshToken');
  const since = signal.messages.length;
  await rooms(server).updateParticipant(room, 'anna', { permission: { canSubscribe: false, canPublish: true, canPublishData: false } });
  const token = await signal.expects('refreshToken', { since });
  const { video } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
  equal([video.canSubscribe, video.canPublish, video.canPublishData, video.room], [false, true, false, room], 'grants');
}

async function halfJoined(server, [, Anna]) {
  const room = roomName('half');
  const a = await Anna.join(server, room, 'anna');
  const ghost = await Signal.open(server, room, 'ghost');
  await ghost.expects('join');
  await a.sees('ghost');
  ghost.close();
  await a.seesGone('ghost', 15000);
  await a.publishTone(440);
}

async function attributes(server, [, Anna]) {
  const room = roomName('attributes');
  const a = await Anna.join(server, room, 'anna');
  const query = { attributes: Buffer.from(JSON.stringify({ seat: '7', hand: 'up' })).toString('base64url') };
  const token = { attributes: { hand: 'down', role: 'guest' } };
  await Signal.open(server, room, 'ben', { query, token, grants: { canUpdateOwnMetadata: true } });
  const seen = Object.entries((await a.sees('ben')).attributes).sort();
  equal(seen, Object.entries({ hand: 'up', role: 'guest', seat: '7' }), 'attributes');
}

async function sameIdentity(server, pairing) {
  const { room, a, b } = await pair(server, pairing);
  const [first, since] = [(await a.me()).sid, await b.mark()];
  const again = await pairing[1].join(server, room, 'anna');
  const { values } = await a.expects('disconnected');
  equal(values, [DUPLICATE_IDENTITY], 'reason');
  const { sid } = await again.me();
  await until('the second one is seen', async () => (await b.view('anna'))?.sid === sid);
  check(sid !== first, 'ids differ');
  for (const name of ['participantDisconnected', 'participantConnected']) await b.expects(name, { since, who: 'anna' });
}

async function ownDetails(server, [, Anna, Ben]) {
  const room = roomName('details');
  const a = await Anna.join(server, room, 'anna', { grants: { canUpdateOwnMetadata: true } });
  const b = await Ben.join(server, room, 'ben');
  await b.sees('anna');
  await a.changeDetails({ metadata: '{"mood":"good"}', name: 'Anna B.', attributes: { hand: 'up' } });
  await until('metadata, name and attributes', async () => {
    const { metadata, name, attributes: all } = await b.view('anna');
    return metadata === '{"mood":"good"}' && name === 'Anna B.' && all.hand === 'up';
  });
  // rtc-node does not say that it was refused.
  await b.changeDetails({ metadata: 'x' }).catch(() => {});
  equal((await rooms(server).getParticipant(room, 'ben')).metadata, '', 'metadata without permission');
}

async function speakers(server, pairing, key) {
  const { a, b } = await pair(server, pairing, { key });
  await a.publishTone(440);
  const speaks = async (yes, since) =>
    (await b.events(since)).some(({ name, list }) => name === 'activeSpeakersChanged' && list.includes('anna') === yes);
  await until('anna is an active speaker', () => speaks(true, 0));
  const since = await b.mark();
  await a.mute('microphone', true);
  await until('anna is none any more', () => speaks(false, since));
}

async function removed(server, pairing) {
  const { room, a, b } = await pair(server, pairing);
  const api = rooms(server);
  await api.removeParticipant(room, 'anna');
  equal((await api.listParticipants(room)).map(({ identity }) => identity), ['ben'], 'people at once');
  equal((await a.expects('disconnected')).values, [PARTICIPANT_REMOVED], 'reason');
  await b.seesGone('anna');
  const before = (await b.me()).roomSid;
  await api.deleteRoom(room);
  equal((await b.expects('disconnected')).values, [ROOM_DELETED], 'reason');
  const again = await pairing[2].join(server, room, 'ben');
  check((await again.me()).roomSid !== before, 'the room is a new one');
  equal(await again.view('anna'), null, 'anna');
}

async function fullRoom(server, [, Anna, Ben]) {
  const room = roomName('full');
  await rooms(server).createRoom({ name: room, maxParticipants: 1 });
  const a = await Anna.join(server, room, 'anna');
  await refused('a second one', Ben.join(server, room, 'ben'));
  equal(await a.view('ben'), null, 'ben');
  await a.leave();
  await until('ben may join', async () => {
    const b = await Ben.join(server, room, 'ben');
    return (await b.me()).sid.startsWith('PA_');
  });
}

async function hidden(server, [, Anna, Ben], key) {
  const room = await makeRoom(server, 'hidden', key);
  const a = await Anna.join(server, room, 'anna', { key });
  const ghost = await Ben.join(server, room, 'ghost', { key, grants: { hidden: true, canPublish: false } });
  await a.publishTone(440);
  await ghost.hearsTone('anna', 440);
  equal(await a.view('ghost'), null, 'the hidden one');
}

async function unsupported(server) {
  const signal = await Signal.open(server, roomName('unsupported'), 'anna');
  signal.say('publishDataTrackRequest', { pubHandle: 1, name: 'x' });
  equal((await signal.expects('requestResponse')).reason, 5, 'data tracks: UNSUPPORTED_TYPE');
  const since = signal.messages.length;
  signal.say('updateMetadata', { metadata: 'x', requestId: 7 });
  const { reason, requestId } = await signal.expects('requestResponse', { since });
  equal([reason, requestId], [2, 7], 'metadata without permission: NOT_ALLOWED');
}

export const cases = (server) => [
  ...everyPair(server, 'who one is', 40, meet, CLEAR),
  ...everyPair(server, 'without subscribing', 60, withoutSubscribing, CLEAR),
  ...everyPair(server, 'permissions that change', 90, permissions, CLEAR),
  ...everyPair(server, 'the same identity again', 40, sameIdentity, CLEAR),
  ...everyPair(server, 'details of one\'s own', 40, ownDetails, CLEAR),
  ...everyPair(server, 'who speaks', 40, speakers),
  ...everyPair(server, 'removed, and the room deleted', 40, removed, CLEAR),
  ...everyPair(server, 'a full room', 60, fullRoom, CLEAR),
  ...everyPair(server, 'a hidden one', 40, hidden, CLEAR),
  ['half-joined, seen by native', 40, () => halfJoined(server, [null, Native])],
  ['half-joined, seen by Chromium', 40, () => halfJoined(server, [null, Browser])],
  ['attributes of the connect query', 40, () => attributes(server, [null, Native])],
  ['a refreshed token has the new grants', 30, () => refreshedToken(server)],
  ['what is not there is answered', 30, () => unsupported(server)],
];
