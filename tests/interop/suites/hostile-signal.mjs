// SPDX-License-Identifier: Apache-2.0
// Signal connections of the malicious, the broken and the slow: each gets an error or an end, the others notice nothing.
import { AddTrackRequest, SignalRequest } from '@livekit/protocol';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { closeCode, frame, sawPong, upgraded } from '../lib/frames.mjs';
import { Native } from '../lib/native.mjs';
import { abreast, descriptorsReturn, holdings, seeded, serves } from '../lib/raw.mjs';
import { Signal } from '../lib/signal.mjs';
import { afterwards, check, equal, until, within } from '../lib/tap.mjs';
import { joinToken, peopleIn, roomName } from '../lib/tokens.mjs';

export { end } from '../lib/native.mjs';

const long = (size) => 'a'.repeat(size);
const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
const PROTOCOL = 1002;
const BAD_TEXT = 1007;
const TOO_LARGE = 1009;
const open = { final: false };

const FRAMES = {
  'not masked': [[frame(BINARY, 'x', { masked: false })], PROTOCOL],
  'a reserved bit': [[frame(BINARY, 'x', { reserved: 4 })], PROTOCOL],
  'a data opcode that is none': [[frame(3, 'x')], PROTOCOL],
  'a control opcode that is none': [[frame(11, 'x')], PROTOCOL],
  'a ping in pieces': [[frame(PING, 'x', open)], PROTOCOL],
  'a ping too long': [[frame(PING, long(126))], PROTOCOL],
  'a continuation of nothing': [[frame(CONTINUATION, 'x')], PROTOCOL],
  'a message within another': [[frame(BINARY, 'x', open), frame(BINARY, 'y')], PROTOCOL],
  'a length of 2^63': [[frame(BINARY, '', { length: 2n ** 63n, wide: true })], PROTOCOL],
  'a length that could be shorter': [[frame(BINARY, 'x', { wide: true })], PROTOCOL],
  'a message too large': [[frame(BINARY, '', { length: 524289n })], TOO_LARGE],
  'a terabyte': [[frame(BINARY, '', { length: 2n ** 40n })], TOO_LARGE],
  'pieces too large together': [[frame(BINARY, long(300000), open), frame(CONTINUATION, long(300000), open)], TOO_LARGE],
  'text that is none': [[frame(TEXT, Buffer.from([0xc3, 0x28]))], BAD_TEXT],
  'a close of one byte': [[frame(CLOSE, 'x')], PROTOCOL],
  'a close of a reserved code': [[frame(CLOSE, Buffer.from([3, 0xed]))], PROTOCOL],
  'a close with bad text': [[frame(CLOSE, Buffer.from([3, 0xe8, 0xff]))], BAD_TEXT],
  'a proper close': [[frame(CLOSE, Buffer.from([3, 0xe8]))], 1000],
};
/** Strange, and allowed. */
const ALLOWED = {
  'text': [frame(TEXT, '{"ping":1}')],
  'pieces of nothing': [frame(BINARY, '', open), ...Array(2000).fill(frame(CONTINUATION, '', open)), frame(CONTINUATION)],
  'pings between pieces': [frame(BINARY, '', open), frame(PING, 'x'), frame(CONTINUATION)],
  'pongs nobody asked for': Array(100).fill(frame(PONG, 'x')),
  'empty messages': Array(15).fill(frame(BINARY)),
};

async function frames(server) {
  const room = roomName('frames');
  await abreast(Object.entries(FRAMES), 4, async ([what, [bytes, code]], i) => {
    const raw = await upgraded(server, room, `person-${i}`);
    bytes.forEach((one) => raw.send(one));
    equal(await closeCode(raw), code, what);
    await raw.ends(20000);
    raw.destroy();
  });
  for (const [what, bytes] of Object.entries(ALLOWED)) {
    const raw = await upgraded(server, room, 'anna');
    bytes.forEach((one) => raw.send(one));
    raw.send(frame(PING, what));
    await sawPong(raw, what);
    raw.destroy();
  }
  await serves(server);
}

let pings = 0n;

/** Whether the session still answers, or was ended: either is fine, silence is not. */
async function answersOrEnds(signal, what) {
  const timestamp = ++pings + 1000n;
  signal.say('pingReq', { timestamp, rtt: 0n });
  await until(`${what}: an answer or the end`, () =>
    signal.closed !== null || signal.of('pongResp').some(({ lastPingTimestamp }) => lastPingTimestamp === timestamp), 20000);
}

/** All of these messages, a few to a session, since too many unreadable ones end it. */
async function saysAll(server, room, list) {
  const groups = Array.from({ length: Math.ceil(list.length / 15) }, (_, i) => list.slice(15 * i, 15 * i + 15));
  await abreast(groups, 4, async (group, i) => {
    const signal = await Signal.open(server, room, `person-${i}`);
    for (const bytes of group) signal.raw(bytes);
    await answersOrEnds(signal, group[0].toString('hex').slice(0, 60));
    signal.close();
  });
}

/** Every member of the request in every wire type; bytes of no meaning. */
async function unreadable(server) {
  const room = roomName('unreadable');
  const list = [];
  for (let field = 1; field <= 26; field++) {
    for (let type = 0; type < 8; type++) {
      const tag = Buffer.from(varint((field << 3) | type));
      for (const rest of ['', '00', 'ffffffffffffffffff01', 'ffffffffffffffffffffff', '0508001201ff', '03616263', '0a0a0a0a0a0a0a0a0a0a0a']) {
        list.push(Buffer.concat([tag, Buffer.from(rest, 'hex')]));
      }
    }
  }
  const random = seeded(3);
  for (let i = 0; i < 300; i++) list.push(Buffer.from(Array.from({ length: 1 + random(80) }, () => random(256))));
  await saysAll(server, room, list);

  const signal = await Signal.open(server, room, 'anna');
  for (let i = 0; i < 30; i++) signal.raw(Buffer.from('ffffffff', 'hex'));
  await signal.closes(20000);
  equal(signal.of('leave').length, 1, 'a leave before the end');
  await serves(server);
}

function varint(value) {
  const out = [];
  for (; value > 127; value >>>= 7) out.push((value & 127) | 128);
  return [...out, value];
}

const SDP = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', 'a=msid-semantic: WMS',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'c=IN IP4 0.0.0.0', 'a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`, 'a=setup:actpass', 'a=mid:0', 'a=sendonly', 'a=msid:- cid',
  'a=rtcp-mux', 'a=rtpmap:111 opus/48000/2', 'a=ssrc:1 cname:x', ''].join('\r\n');
const section = (mid) => SDP.split('\r\n').slice(6, -1).map((line) => line.replace('a=mid:0', `a=mid:${mid}`)).join('\r\n');
const without = (name) => SDP.split('\r\n').filter((line) => !line.startsWith(name)).join('\r\n');
const SDPS = ['', 'x', '\0', 'v=0', long(400000), 'a=b\r\n'.repeat(50000), SDP, SDP.replaceAll('\r\n', '\n'), SDP.slice(0, 300), SDP.toUpperCase(),
  `${SDP}${Array.from({ length: 2000 }, (_, i) => section(i)).join('\r\n')}`, `${SDP}${SDP}`, `${SDP}${section(0)}`,
  ...['a=ice-ufrag', 'a=ice-pwd', 'a=fingerprint', 'a=mid', 'a=setup', 'a=rtpmap', 'c=', 'v=', 'm='].map(without),
  SDP.replace('a=setup:actpass', 'a=setup:holdconn'), SDP.replace('sha-256', 'sha-1'), SDP.replace('AB:', 'XY:'), SDP.replace('abcd', long(5000)),
  SDP.replace('ssrc:1', 'ssrc:99999999999'), SDP.replace('111 opus', '999 opus'), SDP.replace('audio 9', 'video -1'),
  SDP.replace('a=rtcp-mux', Array(3000).fill('a=candidate:1 1 udp 1 10.0.0.1 1 typ host').join('\r\n')),
  SDP.replace('a=rtcp-mux', Array.from({ length: 300 }, (_, i) => `a=extmap:${i} urn:x:${i}`).join('\r\n')),
  SDP.replace('a=rtcp-mux', Array.from({ length: 300 }, (_, i) => `a=rid:${i} send`).join('\r\n')),
  SDP.replace('a=rtcp-mux', Array.from({ length: 3000 }, (_, i) => `a=ssrc:${i} cname:x`).join('\r\n'))];

const sids = (count) => Array.from({ length: count }, (_, i) => `TR_${i}`);
const ABSURD = {
  offer: SDPS.map((sdp, i) => ({ type: i % 5 ? 'offer' : '', sdp, id: i % 3 ? i : 0xffffffff })),
  answer: SDPS.map((sdp, i) => ({ type: 'answer', sdp, id: i })),
  trickle: [{}, { candidateInit: 'x' }, { candidateInit: '{}', target: 7 }, { candidateInit: long(400000) }, { candidateInit: '{"candidate":1}' }],
  addTrack: [{}, { cid: 'a' }, { cid: long(300) }, { cid: 'a', name: long(300000) }, { cid: 'a', type: 9, source: 77, width: 0xffffffff, height: 0xffffffff },
    { cid: 'b', type: 1, layers: Array(1000).fill({ quality: 9, width: 1 }) }, { cid: 'c', type: 1, simulcastCodecs: Array(1000).fill({ codec: long(200), cid: 'x' }) },
    { cid: 'd', type: 2 }, { cid: 'e', sid: 'TR_x' }, { cid: 'f', encryption: 99 }, { cid: 'a' }, ...Array.from({ length: 60 }, (_, i) => ({ cid: `many-${i}` }))],
  mute: [{}, { sid: 'TR_none', muted: true }, { sid: long(100000) }],
  subscription: [{}, { trackSids: sids(20000), subscribe: true }, { trackSids: [''], subscribe: true }, { trackSids: [long(100000)], subscribe: true },
    { participantTracks: Array(5000).fill({ participantSid: 'PA_x', trackSids: ['TR_x'] }), subscribe: false }],
  trackSetting: [{}, { trackSids: sids(20000), disabled: true }, { trackSids: ['x'], quality: 99, width: 0xffffffff, fps: 0xffffffff, priority: 99 }],
  updateLayers: [{}, { trackSid: 'x', layers: Array(1000).fill({}) }],
  subscriptionPermission: [{}, { trackPermissions: Array(5000).fill({ participantSid: 'x', trackSids: ['y'] }) }],
  syncState: [{}, { subscription: { trackSids: sids(10000) }, publishTracks: Array(1000).fill({ cid: 'x', track: { sid: 'TR_x' } }) },
    { answer: { sdp: long(100000) }, offer: { sdp: 'x' } }, { datachannelReceiveStates: Array(5000).fill({ publisherSid: 'PA_x', lastSeq: 0xffffffff }) },
    { trackSidsDisabled: sids(20000) }],
  simulate: [{}, { scenario: { case: 'serverLeave', value: true } }, { scenario: { case: 'nodeFailure', value: true } }],
  ping: [0n, -1n, 2n ** 62n],
  updateMetadata: [{}, { metadata: long(70000) }, { name: long(70000) }, { attributes: Object.fromEntries(sids(5000).map((sid) => [sid, 'x'])) }],
  updateAudioTrack: [{}, { trackSid: 'x', features: Array(5000).fill(99) }],
  updateVideoTrack: [{}, { trackSid: 'x', width: 0xffffffff, height: 0xffffffff }],
  publishDataTrackRequest: [{}, { pubHandle: 99999, name: long(100000) }],
  unpublishDataTrackRequest: [{}],
  updateDataSubscription: [{}, { updates: Array(1000).fill({ trackSid: 'x' }) }],
  storeDataBlobRequest: [{}],
  getDataBlobRequest: [{}],
};

async function absurd(server) {
  const room = roomName('absurd');
  const list = Object.entries(ABSURD).flatMap(([kind, values]) => values.map((value) => [kind, value]));
  await abreast(list, 4, async ([kind, value], i) => {
    const signal = await Signal.open(server, room, `person-${i}`, { grants: { canUpdateOwnMetadata: true } });
    signal.say(kind, value);
    await answersOrEnds(signal, `${kind} ${JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? String(v) : v)).slice(0, 80)}`);
    signal.close();
  });
  // And all of them in one session, again and again.
  const signal = await Signal.open(server, room, 'anna');
  for (const [kind, value] of list) signal.say(kind, value);
  await answersOrEnds(signal, 'all of them');
  await serves(server);
}

/** Proper messages that end too early. */
async function truncated(server) {
  const messages = [
    ['addTrack', new AddTrackRequest({ cid: 'cid', name: 'n', type: 1, width: 640, height: 360, layers: [{ quality: 1, width: 320, height: 180, bitrate: 9 }],
      simulcastCodecs: [{ codec: 'vp8', cid: 'cid' }], encryption: 1, stream: 's' })],
    ['offer', { type: 'offer', sdp: SDP.slice(0, 120), id: 1 }],
    ['subscription', { trackSids: ['TR_a'], subscribe: true, participantTracks: [{ participantSid: 'PA_a', trackSids: ['TR_b'] }] }],
    ['syncState', { subscription: { trackSids: ['TR_a'] }, publishTracks: [{ cid: 'c', track: { sid: 'TR_a' } }], trackSidsDisabled: ['TR_a'] }],
    ['updateMetadata', { metadata: 'm', name: 'n', attributes: { a: 'b' }, requestId: 3 }],
  ];
  const list = messages.flatMap(([kind, value]) => {
    const bytes = Buffer.from(new SignalRequest({ message: { case: kind, value } }).toBinary());
    return Array.from({ length: bytes.length }, (_, size) => bytes.subarray(0, size));
  });
  await saysAll(server, roomName('truncated'), list);
  await serves(server);
}

/** With one's own token and another's session: no way in, and the other notices nothing. */
async function foreignSession(server) {
  const room = roomName('session');
  const victim = await Native.join(server, room, 'victim');
  const { sid } = await victim.me();
  for (const [where, identity] of [[room, 'thief'], [roomName('elsewhere'), 'victim'], [room, 'victim ']]) {
    const thief = await Signal.open(server, where, identity, { query: { reconnect: '1', sid } });
    const leave = await thief.expects('leave');
    equal(leave.action, 2, 'the thief is told to join anew');
    await thief.closes();
    equal(thief.of('reconnect').length, 0, 'resumed');
  }
  // Who has the token of the same person, and a session that is none, is not let in either.
  const stale = await Signal.open(server, room, 'victim', { query: { reconnect: '1', sid: 'PA_none' } });
  await stale.expects('leave');
  equal((await victim.me()).sid, sid, 'the victim\'s session');
  equal(await victim.saw('disconnected'), null, 'the victim');
  await victim.publishTone(440);
}

/** Reads nothing of what it is told, and is told a great deal. */
async function slowSignal(server) {
  const room = roomName('slow');
  const before = holdings(server).descriptors;
  const slow = await Promise.all(['slow-0', 'slow-1', 'slow-2'].map((identity) => Signal.open(server, room, identity)));
  slow.forEach(({ socket }) => socket.pause());
  const loud = await Signal.open(server, room, 'loud', { grants: { canUpdateOwnMetadata: true } });
  const gone = async () => (await peopleIn(server, room)).every((identity) => identity === 'loud');
  let said = 0;
  await until('the slow ones are dropped', async () => {
    for (let i = 0; i < 10; i++) loud.say('updateMetadata', { metadata: `${said++}`.padEnd(60000, 'x') });
    await answersOrEnds(loud, 'the loud one');
    loud.messages.length = 0;
    return gone();
  }, 60000);
  equal(loud.closed, null, 'the loud one is not closed');
  slow.forEach(({ socket }) => socket.terminate());
  loud.close();
  await descriptorsReturn(server, before);
  await serves(server);
}

/** A whole client that is stopped: reads neither signalling nor data, answers no packet. */
async function stoppedClient(server) {
  const room = roomName('stopped');
  const [a, b] = await Promise.all([Native.join(server, room, 'anna'), Native.join(server, room, 'ben')]);
  const token = await joinToken(room, 'sleeper');
  const child = spawn(process.execPath, [fileURLToPath(new URL('../lib/sleeper.mjs', import.meta.url)), server.wsUrl, token], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  afterwards(() => child.kill('SIGKILL'));
  await within(20000, 'the sleeper joins', once(child.stdout, 'data'));
  await Promise.all([a.sees('sleeper'), a.sees('ben')]);
  await a.send('awake');
  await b.texts(1);
  child.kill('SIGSTOP');
  const since = await a.mark();
  const sent = ['awake'];
  // When 1 MiB waits for the sleeper Anna is held, and after 5 s it must go: before its silence alone would end it.
  for (let i = 0; i < 80; i++) {
    sent.push(`${i}`.padEnd(60000, '.'));
    await a.send(sent.at(-1));
    await until('ben has it', async () => (await b.received()).length === sent.length);
  }
  await a.expects('participantDisconnected', { since, who: 'sleeper' }, 60000);
  const got = await b.texts(sent.length);
  check(got.every((text, i) => text === sent[i]), 'all messages, in order');
  check(server.foreign || server.log.includes('sleeper'), 'the log names who was dropped');
  child.kill('SIGKILL');
  await serves(server);
}

async function flood(server) {
  const room = roomName('flood');
  const [a, b] = await Promise.all([Native.join(server, room, 'anna'), Native.join(server, room, 'ben')]);
  await a.publishTone(440);
  const loud = await Signal.open(server, room, 'loud', { grants: { canUpdateOwnMetadata: true } });
  for (let i = 0; i < 20000; i++) loud.say('ping', BigInt(i));
  for (let i = 0; i < 3000; i++) loud.say('updateMetadata', { metadata: `${i}` });
  for (let i = 0; i < 500; i++) loud.say('offer', { type: 'offer', sdp: SDP, id: i });
  for (let i = 0; i < 3000; i++) loud.say('subscription', { trackSids: ['TR_x'], subscribe: i % 2 === 0 });
  for (let i = 0; i < 2000; i++) loud.say('addTrack', { cid: `${i}` });
  await answersOrEnds(loud, 'the flood');
  await b.hearsTone('anna', 440);
  equal(await b.saw('disconnected'), null, 'ben');
  loud.close();
  await serves(server);
}

export const cases = (server) => [
  ['WebSocket frames', 90, () => frames(server)],
  ['messages that cannot be read', 120, () => unreadable(server)],
  ['messages that end too early', 60, () => truncated(server)],
  ['absurd requests', 180, () => absurd(server)],
  ['the session of another', 30, () => foreignSession(server)],
  ['who does not read signalling', 120, () => slowSignal(server)],
  ['who is stopped', 120, () => stoppedClient(server)],
  ['a flood of messages', 120, () => flood(server)],
];
