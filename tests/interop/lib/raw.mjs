// SPDX-License-Identifier: Apache-2.0
// Bytes to and from the server with nothing in between: what no proper client would send.
import { readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { Native } from './native.mjs';
import { afterwards, Skip, sleep, until, within } from './tap.mjs';
import { roomName } from './tokens.mjs';

export class Raw {
  socket;
  bytes = Buffer.alloc(0);
  closed = false;

  /** @param from the address to come from */
  static async open(server, { from, port = new URL(server.url).port } = {}) {
    const raw = new Raw();
    raw.socket = net.connect({ port: Number(port), host: '127.0.0.1', localAddress: from, allowHalfOpen: true, noDelay: true });
    raw.socket.on('data', (bytes) => (raw.bytes = Buffer.concat([raw.bytes, bytes])));
    raw.socket.on('error', (error) => (raw.error = error));
    for (const name of ['end', 'close']) raw.socket.on(name, () => (raw.closed = true));
    afterwards(() => raw.socket.destroy());
    await within(15000, 'connecting', new Promise((done) => raw.socket.once('connect', done).once('close', done)));
    return raw;
  }

  send(bytes) {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  get text() {
    return this.bytes.toString('latin1');
  }

  /** The status of the first answer; null when there is none. */
  get status() {
    return Number(this.text.match(/^HTTP\/1\.1 (\d{3})/)?.[1] ?? 0) || null;
  }

  /** Waits for a whole head, or the end. */
  answer(ms = 20000) {
    return until('an answer or the end', () => this.closed || this.text.includes('\r\n\r\n'), ms);
  }

  ends(ms) {
    return until('the end of the connection', () => this.closed, ms);
  }

  destroy() {
    this.socket.destroy();
  }
}

/** Sends and gives the status of the answer: a number, or 'closed'. */
export async function ask(server, bytes, options) {
  const raw = await Raw.open(server, options);
  raw.send(bytes);
  await raw.answer();
  const { status, text } = raw;
  raw.destroy();
  return { status: status ?? 'closed', text };
}

export function request(method, target, headers = {}, body = '') {
  const lines = Object.entries({ Host: 'x', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const length = body.length || method === 'POST' ? `Content-Length: ${Buffer.byteLength(body)}\r\n` : '';
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}${length}\r\n`), Buffer.from(body)]);
}

/** Runs `body` for all of `list`, `width` of them at a time. */
export async function abreast(list, width, body) {
  const left = list.entries();
  const work = async () => {
    for (const [i, one] of left) await body(one, i);
  };
  await Promise.all(Array.from({ length: width }, work));
}

/** Numbers that look random and are the same in every run. */
export function seeded(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Two people meet, hear each other, and write: the server does what it is for. */
export async function serves(server) {
  const room = roomName('after');
  const [a, b] = await Promise.all([Native.join(server, room, 'anna'), Native.join(server, room, 'ben')]);
  await Promise.all([a.sees('ben'), b.sees('anna')]);
  await a.publishTone(440);
  await b.hearsTone('anna', 440);
  await b.send('well');
  await a.texts(1);
  await Promise.all([a.leave(), b.leave()]);
}

/** What the process holds: descriptors, threads, resident KiB. */
export function holdings(server) {
  if (!server.pid) throw new Skip('the process of a foreign server is not known');
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  const number = (name) => Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))[1]);
  return { descriptors: readdirSync(`/proc/${server.pid}/fd`).length, threads: number('Threads'), resident: number('VmRSS') };
}

/** Waits until the process has no more descriptors open than `before`. */
export async function descriptorsReturn(server, before, ms = 60000) {
  let now;
  await until('descriptors are closed', () => (now = holdings(server).descriptors) <= before, ms).catch((error) => {
    throw new Error(`${error.message}: ${now} instead of ${before}`);
  });
  await sleep(0);
}
