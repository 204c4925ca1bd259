// SPDX-License-Identifier: Apache-2.0
// Two native clients (@livekit/rtc-node) with each other.
import { DataPacketKind, DisconnectReason, dispose, SimulateScenarioKind, VideoCodec } from '@livekit/rtc-node';
import { Native } from '../lib/native.mjs';
import { check, equal, sleep, until, within } from '../lib/tap.mjs';
import { makeEncrypted, roomName } from '../lib/tokens.mjs';

const KEY = 'correct horse battery staple';

async function pair(server, { key, otherKey = key } = {}) {
  const room = roomName('native');
  if (key) await makeEncrypted(server, room);
  const [a, b] = await Promise.all([
    Native.join(server, room, 'anna', { key }),
    Native.join(server, room, 'ben', { key: otherKey }),
  ]);
  await Promise.all([a.sees('ben'), b.sees('anna')]);
  return { room, a, b };
}

async function meet(server) {
  const { a, b } = await pair(server);
  check(a.room.localParticipant.sid.startsWith('PA_'), 'the participant id starts with PA_');
  check((await a.room.getSid()).startsWith('RM_'), 'the room id starts with RM_');
  equal(a.remote('ben').sid, b.room.localParticipant.sid, 'id of the other');
}

async function data(server, key) {
  const { a, b } = await pair(server, { key });
  const numbers = Array.from({ length: 100 }, (_, i) => `message ${i}`);
  for (const text of numbers) await a.send(text, { reliable: true, topic: 'count' });
  await until('all reliable messages', () => b.data.length >= numbers.length);
  equal(b.data.map(({ payload }) => payload.toString()), numbers, 'order of reliable messages');
  check(b.data.every(({ topic, from }) => topic === 'count' && from === 'anna'), 'topic and sender');
  check(b.data.every(({ kind }) => kind === DataPacketKind.KIND_RELIABLE), 'kind');

  b.data.length = 0;
  for (const text of numbers) {
    await a.send(text, { reliable: false });
    await sleep(5);
  }
  await until('most lossy messages', () => b.data.length >= 95);
  const seen = b.data.map(({ payload }) => Number(payload.toString().split(' ')[1]));
  check(seen.every((n, i) => i === 0 || n > seen[i - 1]), `order of lossy messages: ${seen}`);

  const large = Buffer.alloc(14000, 'x').toString();
  await b.send(large);
  await until('a large message', () => a.data.some(({ payload }) => payload.toString() === large));
  await b.room.localParticipant.sendText('to you in person', { topic: 'chat' });
  await until('a text', () => a.texts.some(({ from, text }) => from === 'ben' && text === 'to you in person'));
}

async function chosenReceivers(server) {
  const { room, a, b } = await pair(server);
  const c = await Native.join(server, room, 'cleo');
  await Promise.all([a.sees('cleo'), c.sees('anna')]);
  await a.send('for ben', { reliable: true, destination_identities: ['ben'] });
  await a.send('for all', { reliable: true });
  await until('both messages at ben', () => b.data.length === 2);
  await until('one message at cleo', () => c.data.length >= 1);
  equal(c.data.map(({ payload }) => payload.toString()), ['for all'], 'messages at cleo');
}

async function media(server, key) {
  const { a, b } = await pair(server, { key });
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

async function lateComer(server, key) {
  const { room, a } = await pair(server, { key });
  await Promise.all([a.publishVideo(), a.publishTone(440)]);
  await sleep(1500);
  const c = await Native.join(server, room, 'cleo', { key });
  await Promise.all([c.seesPattern('anna'), c.hearsTone('anna', 440)]);
}

async function h264(server, key) {
  const { a, b } = await pair(server, { key });
  await a.publishVideo({ width: 640, height: 480, codec: VideoCodec.H264 });
  const publication = await b.publication('anna', 'video');
  check(/h264/i.test(publication.mimeType), `the codec is ${publication.mimeType}`);
  await b.seesPattern('anna');
}

async function wrongKey(server) {
  const { room, a, b } = await pair(server, { key: KEY, otherKey: 'another key' });
  await Promise.all([a.publishVideo(), a.publishTone(440)]);
  const c = await Native.join(server, room, 'cleo', { key: KEY });
  await Promise.all([c.seesPattern('anna'), c.hearsTone('anna', 440)]);
  const [video, audio] = await Promise.all([b.publication('anna', 'video'), b.publication('anna', 'audio')]);
  const [seen, share] = await Promise.all([b.watch(video, 3000), b.listen(audio, 440, 3000)]);
  equal(seen.places.size, 0, 'pictures decoded with a wrong key');
  check(share < 0.1, `a wrong key hears ${share}`);
  await a.send('secret');
  await until('data at the right key', () => c.data.some(({ payload }) => payload.toString() === 'secret'));
  equal(b.data.length, 0, 'messages read with a wrong key');
}

async function muteAndLeave(server) {
  const { room, a, b } = await pair(server);
  const video = await a.publishVideo();
  await b.seesPattern('anna');
  const publication = await b.publication('anna', 'video');

  const [before] = [b.events.length];
  video.track.mute?.();
  if (!video.track.mute) await muteByServer(server, room, 'anna', video.publication.sid, true);
  await until('the mute is seen', () => b.events.slice(before).some(([name]) => name === 'trackMuted'));
  if (!video.track.mute) {
    await a.room.localParticipant.unpublishTrack(video.publication.sid);
  }
  await until('the track is gone', () => b.publicationsOf('anna').length === 0);
  check(b.events.some(([name]) => name === 'trackUnsubscribed'), 'the end of the subscription is told');
  check(publication.sid.startsWith('TR_'), 'track id');
  video.state.stop = true;

  const firstSid = b.remote('anna').sid;
  await a.leave();
  await b.seesGone('anna', 5000);
  const again = await Native.join(server, room, 'anna');
  await Promise.all([b.sees('anna'), again.sees('ben')]);
  check(b.remote('anna').sid !== firstSid, 'a new join has a new id');
  await again.publishTone(660);
  await b.hearsTone('anna', 660);
}

async function muteByServer(server, room, identity, sid, muted) {
  const { rooms } = await import('../lib/tokens.mjs');
  await rooms(server).mutePublishedTrack(room, identity, sid, muted);
}

async function sameIdentity(server) {
  const { room, a, b } = await pair(server);
  const second = await Native.join(server, room, 'anna');
  await until('the first one is told', () => a.events.some(([name]) => name === 'disconnected'));
  const [, reason] = a.events.find(([name]) => name === 'disconnected');
  equal(reason, DisconnectReason.DUPLICATE_IDENTITY, 'reason');
  await until('the second one is seen', () => b.remote('anna')?.sid === second.room.localParticipant.sid);
}

async function ownDetails(server) {
  const room = roomName('native');
  const grants = { canUpdateOwnMetadata: true };
  const a = await Native.join(server, room, 'anna', { grants });
  const b = await Native.join(server, room, 'ben');
  await b.sees('anna');
  await a.room.localParticipant.updateMetadata('{"mood":"good"}');
  await a.room.localParticipant.updateName('Anna B.');
  await a.room.localParticipant.setAttributes({ hand: 'up' });
  await until('metadata, name and attributes', () => {
    const seen = b.remote('anna');
    return seen.metadata === '{"mood":"good"}' && seen.name === 'Anna B.' && seen.attributes.hand === 'up';
  });
}

async function speakers(server) {
  const { a, b } = await pair(server);
  await a.publishTone(440);
  await until('anna is an active speaker', () =>
    b.events.some(([name, list]) => name === 'activeSpeakersChanged' && list.some((one) => one.identity === 'anna')),
  );
}

async function resume(server) {
  const { a, b } = await pair(server);
  await Promise.all([a.publishVideo(), a.publishTone(440)]);
  await Promise.all([b.seesPattern('anna'), b.hearsTone('anna', 440)]);
  const sid = a.room.localParticipant.sid;
  const before = a.events.length;
  await within(10000, 'the scenario', a.room.simulateScenario(SimulateScenarioKind.SIMULATE_SIGNAL_RECONNECT));
  const left = b.events.length;
  const sent = Array.from({ length: 40 }, (_, i) => String(i));
  for (const text of sent) {
    await a.send(text);
    await sleep(10);
  }
  await until('reconnected', () => a.events.slice(before).some(([name]) => name === 'reconnected'));
  equal(a.room.localParticipant.sid, sid, 'own id');
  await Promise.all([b.seesPattern('anna'), b.hearsTone('anna', 440)]);
  check(!b.events.slice(left).some(([name]) => name === 'participantDisconnected'), 'nobody saw anna leave');
  await until('the messages', () => b.data.length >= sent.length);
  equal(b.data.map(({ payload }) => payload.toString()), sent, 'messages sent during the resume');
}

async function restart(server) {
  const { a, b } = await pair(server);
  await a.publishTone(440);
  await b.hearsTone('anna', 440);
  const before = b.events.length;
  await server.restart();
  await until('ben is back', () => b.events.slice(before).some(([name]) => name === 'reconnected'), 30000);
  await until('anna is back', () => a.room.isConnected && b.remote('anna'), 30000);
  await b.hearsTone('anna', 440, 20000);
}

export const cases = (server) => [
  ['two meet', 30, () => meet(server)],
  ['data in order, clear', 40, () => data(server)],
  ['data in order, encrypted', 40, () => data(server, KEY)],
  ['data for some', 30, () => chosenReceivers(server)],
  ['pattern and tone both ways, clear', 40, () => media(server)],
  ['pattern and tone both ways, encrypted', 40, () => media(server, KEY)],
  ['who comes late sees and hears, clear', 40, () => lateComer(server)],
  ['who comes late sees and hears, encrypted', 40, () => lateComer(server, KEY)],
  ['H.264, clear', 40, () => h264(server)],
  ['H.264, encrypted', 40, () => h264(server, KEY)],
  ['a wrong key decodes nothing', 50, () => wrongKey(server)],
  ['mute, unpublish, leave and rejoin are seen', 50, () => muteAndLeave(server)],
  ['the same identity again', 30, () => sameIdentity(server)],
  ['metadata, name and attributes of one\'s own', 30, () => ownDetails(server)],
  ['who speaks is told', 30, () => speakers(server)],
  ['a resume loses nothing', 50, () => resume(server)],
  ['clients come back after a restart of the server', 80, () => restart(server)],
];

export const end = () => within(5000, 'dispose', dispose()).catch(() => {});
