// SPDX-License-Identifier: Apache-2.0
// The server API by LiveKit's own package, with native clients in the rooms; and requests that must be refused.
import { DataPacket_Kind } from 'livekit-server-sdk';
import { Native } from '../lib/native.mjs';
import { check, equal, refused, sleep, until } from '../lib/tap.mjs';
import { apiToken, claims, handMade, joinToken, roomName, rooms } from '../lib/tokens.mjs';

async function life(server) {
  const api = rooms(server);
  const name = roomName('api');
  const made = await api.createRoom({ name, maxParticipants: 2, metadata: 'm' });
  equal([made.name, made.maxParticipants, made.metadata], [name, 2, 'm'], 'the room');
  check((await api.listRooms()).some((room) => room.name === name), 'the room is listed');
  const a = await Native.join(server, name, 'anna');
  equal((await api.listParticipants(name)).map((p) => p.identity), ['anna'], 'participants');
  equal((await api.getParticipant(name, 'anna')).sid, (await a.me()).sid, 'participant');
  await api.updateParticipant(name, 'anna', { metadata: 'new' });
  await until('the metadata', async () => (await a.me()).metadata === 'new');
  await api.sendData(name, Buffer.from('hello'), DataPacket_Kind.RELIABLE, { topic: 'news' });
  await a.texts(1);
  equal(await a.received(), [{ text: 'hello', from: null, topic: 'news', reliable: true }], 'data of the server');
  await api.updateRoomMetadata(name, 'm2');
  equal((await api.listRooms([name]))[0].metadata, 'm2', 'metadata of the room');
  await api.removeParticipant(name, 'anna');
  equal((await api.listParticipants(name)).length, 0, 'participants after the removal');
  await api.deleteRoom(name);
  equal((await api.listRooms([name])).length, 0, 'rooms after the end');
}

/** What a person publishes, muted and subscribed by the server's word. */
async function tracks(server) {
  const api = rooms(server);
  const name = roomName('api');
  const a = await Native.join(server, name, 'anna');
  const b = await Native.join(server, name, 'ben', { auto: false });
  const sid = await a.publishTone(440);
  await until('ben knows the track', async () => (await b.view('anna'))?.tracks.length === 1);
  await api.updateSubscriptions(name, 'ben', [sid], true);
  await b.hearsTone('anna', 440);
  await api.updateSubscriptions(name, 'ben', [sid], false);
  const packets = async () => (await b.stats('anna', 'audio')).packets;
  await until('no more packets', async () => {
    const before = await packets();
    await sleep(500);
    return (await packets()) === before;
  });
  equal((await api.mutePublishedTrack(name, 'anna', sid, true)).muted, true, 'muted');
  await b.expects('trackMuted', { who: 'anna' });
}

async function errors(server) {
  const api = rooms(server);
  const gone = await refused('an unknown room', api.listParticipants(roomName('none')));
  equal([gone.status, gone.code], [404, 'not_found'], 'unknown room');
  const post = async (method, body, headers) => {
    const answer = await fetch(`${server.url}/twirp/livekit.RoomService/${method}`, { method: 'POST', body, headers });
    return [answer.status, (await answer.json()).code, answer.headers.get('access-control-allow-origin')];
  };
  const json = { 'content-type': 'application/json' };
  const admin = { ...json, authorization: `Bearer ${await apiToken({ roomCreate: true, roomList: true })}` };
  const guest = { ...json, authorization: `Bearer ${await joinToken('r', 'anna')}` };
  equal(await post('ListRooms', '{}', json), [401, 'unauthenticated', '*'], 'no token');
  equal(await post('ListRooms', '{}', guest), [401, 'unauthenticated', '*'], 'no grant');
  equal(await post('ListRooms', '{', admin), [400, 'malformed', '*'], 'broken JSON');
  equal(await post('CreateRoom', '{"name":""}', admin), [400, 'invalid_argument', '*'], 'no name');
  const creator = { ...json, authorization: `Bearer ${await apiToken({ roomCreate: true })}` };
  const name = JSON.stringify({ name: roomName('created') });
  equal((await post('CreateRoom', name, creator))[0], 200, 'roomCreate makes rooms');
  equal((await post('DeleteRoom', name.replace('name', 'room'), creator))[0], 200, 'roomCreate ends rooms');
  equal((await post('/CreateRoom', name, creator))[0], 200, 'two slashes');
  equal(await post('Frobnicate', '{}', admin), [404, 'bad_route', '*'], 'unknown method');
}

async function tokens(server) {
  const status = async (token) => (await fetch(`${server.url}/rtc/validate?access_token=${token}`)).status;
  const past = Math.floor(Date.now() / 1000) - 600;
  equal(await status(handMade(claims('r', 'anna'))), 200, 'a good token');
  equal(await status(handMade(claims('r', 'anna'), { secret: 'other' })), 401, 'another secret');
  equal(await status(handMade(claims('r', 'anna'), { header: { alg: 'none' }, secret: null })), 401, 'alg none');
  equal(await status(handMade(claims('r', 'anna'), { header: { alg: 'HS512' }, hash: 'sha512' })), 401, 'HS512');
  equal(await status(handMade(claims('r', 'anna', { exp: past }))), 401, 'expired');
  equal(await status(handMade(claims('r', 'anna', { iss: 'nobody' }))), 401, 'unknown key');
  equal(await status(handMade(claims('', 'anna'))), 400, 'no room');
  equal(await status('x'.repeat(20000)), 401, 'no token at all');
  equal((await fetch(`${server.url}/rtc/v1/validate`)).status, 404, 'v1');
}

export { end } from '../lib/native.mjs';

export const cases = (server) => [
  ['a room from its making to its end', 30, () => life(server)],
  ['tracks by the server\'s word', 30, () => tracks(server)],
  ['errors have codes', 15, () => errors(server)],
  ['forged and expired tokens', 15, () => tokens(server)],
];
