// SPDX-License-Identifier: Apache-2.0
// Connections that are made and not used, or used slowly: each is ended in time, and others are served meanwhile.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, descriptorsReturn, holdings, Raw, request, serves } from '../lib/raw.mjs';
import { Server } from '../lib/server.mjs';
import { afterwards, check, equal, Skip, sleep, until } from '../lib/tap.mjs';
import { joinToken } from '../lib/tokens.mjs';

export { end } from '../lib/native.mjs';

// The server gives a head 10 s; a machine that is busy with other things takes longer to say so.
const ENDS_MS = 60000;

const HALF = {
  'silence': [],
  'half a request line': ['GET /rtc/va'],
  'a head without end': ['GET / HTTP/1.1\r\nHost: x\r\n'],
  'empty lines': ['\r\n\r\n\r\n'],
  'half an upgrade': ['GET /rtc HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'],
};
const SLOW = 'GET /rtc/validate?access_token=x HTTP/1.1\r\nHost: x\r\nX-Slow: yes\r\n'.repeat(10);

/** Twenty of each; one that sends a byte now and then gets no more time than the others. */
async function halfOpen(server) {
  const before = holdings(server).descriptors;
  const all = [];
  for (const pieces of Object.values(HALF)) {
    for (let i = 0; i < 20; i++) {
      const raw = await Raw.open(server);
      pieces.forEach((bytes) => raw.send(bytes));
      all.push(raw);
    }
  }
  const slow = await Promise.all(Array.from({ length: 20 }, () => Raw.open(server)));
  let at = 0;
  const drip = setInterval(() => {
    slow.forEach((raw) => raw.send(SLOW[at % SLOW.length]));
    at++;
  }, 200);
  afterwards(() => clearInterval(drip));
  await serves(server);
  await Promise.all([...all, ...slow].map((raw) => raw.ends(ENDS_MS)));
  clearInterval(drip);
  const statuses = new Set([...all, ...slow].map(({ status }) => status));
  check([...statuses].every((status) => status === null || status === 408), `answers: ${[...statuses]}`);
  [...all, ...slow].forEach((raw) => raw.destroy());
  await descriptorsReturn(server, before);
}

function certificate() {
  const folder = mkdtempSync(join(tmpdir(), 'tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  afterwards(() => rmSync(folder, { recursive: true }));
  return { key, cert };
}

/** The first bytes of a real ClientHello, as Node sends it. */
function clientHello(port) {
  return new Promise((done) => {
    const catcher = net.createServer((socket) => socket.once('data', (bytes) => {
      catcher.close();
      socket.destroy();
      done(bytes);
    }));
    catcher.listen(0, '127.0.0.1', async () => {
      const { connect } = await import('node:tls');
      connect({ port: catcher.address().port, host: '127.0.0.1', servername: `port${port}.invalid` }).on('error', () => {});
    });
  });
}

async function halfTls() {
  const { key, cert } = certificate();
  const server = new Server({ args: ['--tls-cert', cert, '--tls-key', key], tls: true, own: true });
  afterwards(() => server.end());
  await server.start();
  const before = holdings(server).descriptors;
  const { port } = new URL(server.url);
  const hello = await clientHello(port);
  const noise = Buffer.from(hello.map((byte, i) => (i < 5 ? byte : (byte * 7 + i) & 0xff)));
  const pieces = { 'silence': Buffer.alloc(0), 'half a hello': hello.subarray(0, 60), 'a whole hello': hello, 'noise': noise,
    'clear HTTP': Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'an alert': Buffer.from('15030300020228', 'hex'),
    'a record too large': Buffer.from('160303ffff', 'hex'), 'zeroes': Buffer.alloc(1000) };
  const all = [];
  for (const bytes of Object.values(pieces)) {
    for (let i = 0; i < 10; i++) {
      const raw = await Raw.open(server);
      raw.send(bytes);
      all.push(raw);
    }
  }
  await Promise.all(all.map((raw) => raw.ends(ENDS_MS)));
  all.forEach((raw) => raw.destroy());
  check(!all.some(({ status }) => status === 200), 'nobody is served in clear');
  await descriptorsReturn(server, before);
  equal(await server.end(), 0, 'the end of the server');
}

/** Whoever holds all that one address may hold keeps nobody else out. */
async function manyOfOneAddress(server) {
  if (server.foreign) throw new Skip('connections are counted in a server of the tests\' own');
  const before = holdings(server).descriptors;
  const open = () => Raw.open(server);
  let held = [];
  for (let i = 0; i < 23; i++) held = held.concat(await Promise.all(Array.from({ length: 100 }, open)));
  await until('those beyond the limit are closed', () => held.filter(({ closed }) => closed).length >= 300, 20000);
  const validate = request('GET', `/rtc/validate?access_token=${await joinToken('r', 'anna')}`);
  const { status } = await ask(server, validate, { from: '127.0.0.2' });
  equal(status, 200, 'a request from another address');
  held.forEach((raw) => raw.destroy());
  await descriptorsReturn(server, before);
  await serves(server);
}

/** With few descriptors too: they do not run out for others. */
async function fewDescriptors() {
  const server = new Server({ descriptors: 200, own: true });
  afterwards(() => server.end());
  await server.start();
  const before = holdings(server).descriptors;
  const held = await Promise.all(Array.from({ length: 400 }, () => Raw.open(server)));
  const { status } = await ask(server, request('GET', '/'), { from: '127.0.0.2' });
  equal(status, 200, 'a request from another address');
  held.forEach((raw) => raw.destroy());
  await descriptorsReturn(server, before);
  await serves(server);
  equal(await server.end(), 0, 'the end of the server');
}

/** Answers that nobody reads: asked for without end, they are not made without end. */
async function unreadAnswers(server) {
  const before = holdings(server).descriptors;
  const all = await Promise.all(Array.from({ length: 20 }, () => Raw.open(server)));
  const page = request('GET', '/test', { 'Accept-Encoding': 'identity' });
  for (const raw of all) {
    raw.socket.pause();
    for (let i = 0; i < 200; i++) raw.send(page);
  }
  await serves(server);
  await sleep(500);
  await serves(server);
  all.forEach((raw) => raw.destroy());
  await descriptorsReturn(server, before);
}

export const cases = (server) => [
  ['half-open and slow', 120, () => halfOpen(server)],
  ['half a TLS handshake', 120, () => halfTls()],
  ['too many of one address', 120, () => manyOfOneAddress(server)],
  ['few descriptors', 120, () => fewDescriptors()],
  ['answers that nobody reads', 60, () => unreadAnswers(server)],
];
