// SPDX-License-Identifier: Apache-2.0
// Requests that no honest client sends: a clear error or a clean end, and the server goes on.
import { AccessToken } from 'livekit-server-sdk';
import { createHmac } from 'node:crypto';
import http from 'node:http';
import { abreast, ask, Raw, request, seeded, serves } from '../lib/raw.mjs';
import { check, equal } from '../lib/tap.mjs';
import { apiToken, claims, handMade, joinToken, KEY, roomName, SECRET } from '../lib/tokens.mjs';

export { end } from '../lib/native.mjs';

const SERVICE = '/twirp/livekit.RoomService';
const ROUTES = ['/', '/test', '/rtc', '/rtc/', '/rtc/validate', '/rtc/v1', '/rtc/v1/validate', '/livekit/rtc', '/livekit/rtc/validate',
  `${SERVICE}/ListRooms`, `${SERVICE}/CreateRoom`, `/livekit${SERVICE}/ListRooms`, '/twirp/', '/none'];

/** An answer that is an error of the client's, or an end. */
const isRefusal = (status) => status === 'closed' || (status >= 400 && status < 500) || status === 501 || status === 505;

const get = (lines) => `GET / HTTP/1.1\r\nHost: x\r\n${lines}\r\n`;
const post = (lines, body = '') => `POST ${SERVICE}/ListRooms HTTP/1.1\r\nHost: x\r\n${lines}\r\n${body}`;
const long = (size) => 'a'.repeat(size);

const MALFORMED = {
  'no HTTP': 'GARBAGE\r\n\r\n',
  'a space first': ' GET / HTTP/1.1\r\n\r\n',
  'HTTP/0.9': 'GET /\r\n\r\n',
  'HTTP/3.0': 'GET / HTTP/3.0\r\nHost: x\r\n\r\n',
  'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'TLS on a clear port': Buffer.from('1603010200010001fc0303', 'hex'),
  'zeroes': Buffer.alloc(64),
  'a lower case version': 'GET / http/1.1\r\nHost: x\r\n\r\n',
  'no target': 'GET  HTTP/1.1\r\nHost: x\r\n\r\n',
  'a space in the target': 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n',
  'a control in the target': 'GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n',
  'a method of symbols': 'G(T / HTTP/1.1\r\nHost: x\r\n\r\n',
  'a very long method': `${long(5000)} / HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a very long target': `GET /${long(40000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a very long header': get(`X: ${long(40000)}\r\n`),
  'a head without end': `GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(8000)}`,
  '1,000 headers': get('X: y\r\n'.repeat(1000)),
  'a header without name': get(': y\r\n'),
  'a header without colon': get('X\r\n'),
  'a space before the colon': get('X : y\r\n'),
  'a folded header': get('X: y\r\n z\r\n'),
  'zero in a header': get('X: a\0b\r\n'),
  'a bare carriage return': get('X: a\rb\r\n'),
  'two lengths': post('Content-Length: 2\r\nContent-Length: 3\r\n', '{}x'),
  'length and chunks': post('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  'a length with a sign': post('Content-Length: +2\r\n', '{}'),
  'a negative length': post('Content-Length: -1\r\n'),
  'a length in hex': post('Content-Length: 0x2\r\n', '{}'),
  'a length beyond 64 bits': post('Content-Length: 18446744073709551618\r\n', '{}'),
  'a length of a list': post('Content-Length: 2, 3\r\n', '{}'),
  'a body too large': post('Content-Length: 1048577\r\n'),
  'a terabyte': post('Content-Length: 1099511627776\r\n'),
  'another transfer coding': post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'),
  'chunked twice': post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n'),
  'a chunk without size': post('Transfer-Encoding: chunked\r\n', '\r\n{}\r\n'),
  'a chunk of a negative size': post('Transfer-Encoding: chunked\r\n', '-1\r\n{}\r\n'),
  'a chunk beyond 64 bits': post('Transfer-Encoding: chunked\r\n', '10000000000000002\r\n{}\r\n'),
  'a chunk that is too short': post('Transfer-Encoding: chunked\r\n', '1\r\n{}\r\n0\r\n\r\n'),
  'chunks too large together': post('Transfer-Encoding: chunked\r\n', `40000\r\n${long(0x40000)}\r\n`.repeat(5)),
  'an endless chunk extension': post('Transfer-Encoding: chunked\r\n', `2;${long(300000)}`),
  'endless trailers': post('Transfer-Encoding: chunked\r\n', `0\r\n${'X: y\r\n'.repeat(60000)}`),
  'an unknown expectation with a body too large': post('Expect: 200-ok\r\nContent-Length: 99999999\r\n'),
};

async function malformed(server) {
  await abreast(Object.entries(MALFORMED), 8, async ([what, bytes]) => {
    const { status } = await ask(server, bytes);
    check(isRefusal(status), `${what}: ${status}`);
  });
  await serves(server);
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT', 'get', 'X'];
const TARGETS = ['?', '?access_token', '?access_token=', '?access_token=%', '?access_token=%zz', '?access_token=%00', '?access_token=%ff%fe',
  '?&&&=&=&', `?${'a=b&'.repeat(3000)}`, `?access_token=${long(20000)}`, '?reconnect=1', '?protocol=-1', '?protocol=99999999999999999999', '#x',
  '/..', '/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '%00', '\\..\\', '//', '/./', ';x=y'];

/** No route falls over whatever it is asked; who has no token gets nowhere. */
async function routes(server) {
  const all = ROUTES.flatMap((route) => [
    ...METHODS.map((method) => [method, route]),
    ...TARGETS.flatMap((rest) => [['GET', route + rest], ['POST', route + rest]]),
  ]);
  await abreast(all, 8, async ([method, target]) => {
    const { status, text } = await ask(server, request(method, target, { Connection: 'close' }));
    const allowed = ['/', '/test'].some((path) => target === path || target.startsWith(`${path}?`) || target.startsWith(`${path}#`));
    check(isRefusal(status) || status === 200 || status === 204, `${method} ${target.slice(0, 60)}: ${status}`);
    check(status !== 200 || allowed || /\r\n\r\n(OK)?$/.test(text) || !/rtc|twirp/.test(target), `${method} ${target.slice(0, 60)}: ${text.slice(0, 200)}`);
    check(!text.includes('root:'), `${method} ${target.slice(0, 60)} reads a file`);
  });
  await serves(server);
}

const bad = (part) => [
  ['cut', (t) => t.slice(0, -5)],
  ['longer', (t) => `${t}AAAA`],
  ['empty', () => ''],
  ['of another alphabet', (t) => t.replaceAll('-', '+').replaceAll('_', '/').replace(/.$/, '=')],
  ['with a line in it', (t) => `${t.slice(0, 4)}%0A${t.slice(4)}`],
  ['not base64', () => '!!!!'],
].map(([what, change]) => [`part ${part} ${what}`, (token) => token.split('.').map((t, i) => (i === part ? change(t) : t)).join('.')]);

async function forgedTokens(server) {
  const room = roomName('forged');
  const good = await joinToken(room, 'anna');
  const now = Math.floor(Date.now() / 1000);
  const [header, payload] = good.split('.');
  const sign = (text, hash) => `${text}.${createHmac(hash, SECRET).update(text).digest('base64url')}`;
  const text = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const made = (more, options) => handMade(claims(room, 'anna', more), options);
  const forged = {
    ...Object.fromEntries([0, 1, 2].flatMap((part) => bad(part).map(([what, change]) => [what, change(good)]))),
    'no algorithm': made({}, { header: { alg: 'none' }, secret: null }),
    'no algorithm, in capitals': made({}, { header: { alg: 'NoNe' }, secret: null }),
    'no algorithm, signed': made({}, { header: { alg: 'none' } }),
    'an algorithm in lower case': made({}, { header: { alg: 'hs256' } }),
    'HS384': sign(`${text({ alg: 'HS384', typ: 'JWT' })}.${payload}`, 'sha384'),
    'HS512': sign(`${text({ alg: 'HS512', typ: 'JWT' })}.${payload}`, 'sha512'),
    'RS256': sign(`${text({ alg: 'RS256', typ: 'JWT' })}.${payload}`, 'sha256'),
    'two algorithms': sign(`${text('{"alg":"none","alg":"HS256"}')}.${payload}`, 'sha256'),
    'no header': sign(`${text('')}.${payload}`, 'sha256'),
    'a header that is a list': sign(`${text([])}.${payload}`, 'sha256'),
    'a critical extension': made({}, { header: { alg: 'HS256', crit: ['exp'] } }),
    'another secret': made({}, { secret: 'guessed' }),
    'an empty secret': made({}, { secret: '' }),
    'the key as secret': made({}, { secret: KEY }),
    'an unknown key': made({ iss: 'nobody' }),
    'no key': made({ iss: undefined }),
    'a key that is a number': made({ iss: 5 }),
    'expired': made({ exp: now - 600 }),
    'expired long ago': made({ exp: 1 }),
    'no end': made({ exp: undefined }),
    'an end that is a text': made({ exp: `${now + 600}` }),
    'an end that is infinite': sign(`${header}.${text(`{"iss":"${KEY}","sub":"anna","exp":1e400,"video":{"roomJoin":true,"room":"${room}"}}`)}`, 'sha256'),
    'an end below zero': made({ exp: -now }),
    'not yet': made({ nbf: now + 3600 }),
    'a payload that is a list': sign(`${header}.${text([])}`, 'sha256'),
    'a payload that is no JSON': sign(`${header}.${text('{')}`, 'sha256'),
    'a payload twice': sign(`${header}.${text('{}{}')}`, 'sha256'),
    'a payload too deep': sign(`${header}.${text('['.repeat(5000))}`, 'sha256'),
    'a payload in UTF-16': sign(`${header}.${Buffer.from(JSON.stringify(claims(room, 'anna')), 'utf16le').toString('base64url')}`, 'sha256'),
    'no grants': made({ video: undefined }),
    'grants that are a text': made({ video: 'roomJoin' }),
    'no permission to join': made({ video: { room } }),
    'a permission that is a text': made({ video: { room, roomJoin: 'true' } }),
    'a permission that is a number': made({ video: { room, roomJoin: 1 } }),
    'no room': made({ video: { roomJoin: true } }),
    'no person': made({ sub: undefined }),
    'a person of 300 letters': made({ sub: long(300) }),
    'a room of 300 letters': made({ video: { roomJoin: true, room: long(300) } }),
    'another person of zero bytes': made({ sub: 'a\0b' }),
    'four parts': `${good}.x`,
    'two parts': `${header}.${payload}`,
    'one part': 'token',
    'only dots': '..',
    'a large one': `${long(15000)}.${long(15000)}.x`,
  };
  equal((await fetch(`${server.url}/rtc/validate?access_token=${good}`)).status, 200, 'the good one');
  await abreast(Object.entries(forged), 8, async ([what, token]) => {
    const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13, 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' };
    for (const [path, headers] of [['/rtc/validate', {}], ['/rtc', upgrade]]) {
      const { status } = await ask(server, request('GET', `${path}?access_token=${token}`, headers));
      check([400, 401, 431].includes(status), `${what}, ${path}: ${status}`);
    }
    const { status } = await ask(server, request('POST', `${SERVICE}/ListRooms`, { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, '{}'));
    check([400, 401, 431].includes(status), `${what}, server API: ${status}`);
  });
  await serves(server);
}

/** A room's own administrator has no say in another, and a guest none at all. */
async function otherRooms(server) {
  const [mine, other] = [roomName('mine'), roomName('other')];
  const creator = await apiToken({ roomCreate: true });
  const call = async (method, token, body) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    const answer = await fetch(`${server.url}${SERVICE}/${method}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return [answer.status, (await answer.json()).code];
  };
  for (const name of [mine, other]) equal((await call('CreateRoom', creator, { name }))[0], 200, 'a room');
  const admin = new AccessToken(KEY, SECRET, { identity: 'admin' });
  admin.addGrant({ roomAdmin: true, room: mine });
  const tokens = { 'another room\'s administrator': await admin.toJwt(), 'a guest': await joinToken(other, 'anna'), 'a creator': creator };
  const person = { room: other, identity: 'anna' };
  const calls = [['ListParticipants', { room: other }], ['GetParticipant', person], ['RemoveParticipant', person],
    ['MutePublishedTrack', { ...person, trackSid: 'TR_x', muted: true }], ['UpdateParticipant', { ...person, metadata: 'x' }],
    ['UpdateSubscriptions', { ...person, trackSids: ['TR_x'], subscribe: true }], ['SendData', { room: other, data: 'aGk=' }],
    ['UpdateRoomMetadata', { room: other, metadata: 'x' }]];
  for (const [who, token] of Object.entries(tokens)) {
    for (const [method, body] of calls) equal(await call(method, token, body), [401, 'unauthenticated'], `${method} by ${who}`);
  }
  for (const who of ['another room\'s administrator', 'a guest']) {
    for (const [method, body] of [['CreateRoom', { name: other }], ['DeleteRoom', { room: other }], ['ListRooms', {}]]) {
      equal(await call(method, tokens[who], body), [401, 'unauthenticated'], `${method} by ${who}`);
    }
  }
}

const FIELDS = {
  CreateRoom: ['name', 'emptyTimeout', 'departureTimeout', 'maxParticipants', 'metadata', 'nodeId', 'egress'],
  ListRooms: ['names'],
  DeleteRoom: ['room'],
  ListParticipants: ['room'],
  GetParticipant: ['room', 'identity'],
  RemoveParticipant: ['room', 'identity'],
  MutePublishedTrack: ['room', 'identity', 'trackSid', 'muted'],
  UpdateParticipant: ['room', 'identity', 'metadata', 'permission', 'name', 'attributes'],
  UpdateSubscriptions: ['room', 'identity', 'trackSids', 'subscribe', 'participantTracks'],
  SendData: ['room', 'data', 'kind', 'destinationSids', 'destinationIdentities', 'topic', 'nonce'],
  UpdateRoomMetadata: ['room', 'metadata'],
};
const VALUES = ['null', 'true', '-1', '1e400', '4294967296', '0.5', '"x"', '"\\u0000"', '"\\ud800"', '[]', '["x"]', '[null]', '{}', '{"":{}}',
  '[[[[]]]]', '{"a":1}', '{"a":{"b":"c"}}', JSON.stringify(long(70000))];
const BODIES = ['', ' ', '{', '}', 'null', '[]', '"x"', '5', '{"":""}', '{"room":"r"}{}', '{"room":"r","room":"s"}', `${'['.repeat(100000)}`,
  `${'{"a":'.repeat(50000)}`, '\u{feff}{}', Buffer.from('{"room":"r"}', 'utf16le').toString('latin1'), '{"room":"\xff\xfe"}', `{"room":"${long(300)}"}`,
  `{"name":"${long(300)}"}`, '{"name":""}', '{"room":""}', '{"unknown":1}', '\x1f\x8b\x08\x00\x00\x00\x00\x00'];

/** Bytes that look like protobuf: every field from 1 to 8 in every wire type, whole and cut. */
function protobufs() {
  const rests = ['', '00', 'ffffffffffffffffff01', 'ffffffffffffffffffffff', '05616263', '0261ff', 'ffffffff0f'];
  const tags = Array.from({ length: 64 }, (_, i) => i + 8);
  return tags.flatMap((tag) => rests.map((rest) => Buffer.concat([Buffer.from([tag]), Buffer.from(rest, 'hex')])));
}

const agent = new http.Agent({ keepAlive: true });

/** A POST over a connection that is used again. */
function postKept(url, headers, body) {
  return new Promise((done, fail) => {
    const asked = http.request(url, { method: 'POST', headers, agent }, (answer) => {
      let text = '';
      answer.on('data', (bytes) => (text += bytes)).on('end', () => done({ status: answer.statusCode, text }));
    });
    asked.on('error', fail);
    asked.end(body);
  });
}

async function apiBodies(server) {
  const room = roomName('bodies');
  const admin = new AccessToken(KEY, SECRET, { identity: 'admin' });
  admin.addGrant({ roomAdmin: true, roomCreate: true, roomList: true, room });
  const jwt = await admin.toJwt();
  const call = async (method, type, body, more = {}) => {
    const headers = { Authorization: `Bearer ${jwt}`, 'Content-Type': type, ...more };
    const { status, text } = await postKept(`${server.url}${SERVICE}/${method}`, headers, body);
    const what = `${method} ${type} ${Buffer.from(body).toString('latin1').slice(0, 60)}`;
    check(status === 200 || (status >= 400 && status < 500), `${what}: ${status}`);
    if (status !== 200) check(/"code":"[a-z_]+"/.test(text), `${what}: ${text.slice(-100)}`);
    return status;
  };
  const all = Object.entries(FIELDS).flatMap(([method, fields]) => [
    ...BODIES.map((body) => [method, 'application/json', Buffer.from(body, 'latin1')]),
    ...fields.flatMap((field) => VALUES.map((value) => [method, 'application/json', `{"room":"${room}","${field}":${value}}`])),
    ...protobufs().map((body) => [method, 'application/protobuf', body]),
    ...['', 'text/plain', 'application/json; charset=utf-16', 'application/jsonx', 'application/protobuf', long(3000)].map((type) => [method, type, '{}']),
  ]);
  await abreast(all, 8, (one) => call(...one));
  equal(await call('CreateRoom', 'application/json', JSON.stringify({ name: room })), 200, 'a proper call');
  for (const encoding of ['gzip', 'deflate', 'x']) await call('ListRooms', 'application/json', '{}', { 'Content-Encoding': encoding });
  await serves(server);
}

/** Proper requests with bytes changed, cut out, doubled. */
async function mutations(server) {
  const random = seeded(7);
  const jwt = await apiToken({ roomCreate: true, roomList: true });
  const seeds = [
    request('GET', `/rtc/validate?access_token=${await joinToken('r', 'anna')}`),
    request('POST', `${SERVICE}/CreateRoom`, { Authorization: `Bearer ${jwt}`, 'Content-Type': 'application/json' }, '{"name":"mutant","maxParticipants":3}'),
    request('GET', `/rtc?access_token=${await joinToken('r', 'anna')}&auto_subscribe=1`, { Connection: 'Upgrade', Upgrade: 'websocket',
      'Sec-WebSocket-Version': 13, 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' }),
    Buffer.from(post('Transfer-Encoding: chunked\r\n', '2\r\n{}\r\n0\r\n\r\n')),
  ];
  const mutant = () => {
    let bytes = Buffer.from(seeds[random(seeds.length)]);
    for (let n = 1 + random(4); n > 0; n--) {
      const at = random(bytes.length);
      const kind = random(4);
      if (kind === 0) bytes[at] = random(256);
      else if (kind === 1) bytes[at] ^= 1 << random(8);
      else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(8))]);
      else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + random(30)), bytes.subarray(at)]);
    }
    return bytes;
  };
  const all = Array.from({ length: 2000 }, mutant);
  await abreast(all, 16, async (bytes) => {
    const raw = await Raw.open(server);
    raw.send(bytes);
    raw.socket.end();
    await raw.ends(20000);
    raw.destroy();
  });
  await serves(server);
}

export const cases = (server) => [
  ['what is no request', 90, () => malformed(server)],
  ['every route, every method, any target', 120, () => routes(server)],
  ['forged tokens', 60, () => forgedTokens(server)],
  ['tokens of other rooms', 30, () => otherRooms(server)],
  ['bodies of the server API', 240, () => apiBodies(server)],
  ['changed requests', 120, () => mutations(server)],
];
