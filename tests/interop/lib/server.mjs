// SPDX-License-Identifier: Apache-2.0
// The server under test: its process on ports of its own with data in a folder of its own, ended by process id.
// With SERVER_URL in the environment a running server is used instead.
import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { Skip, sleep, until } from './tap.mjs';

const WORKERS = 2;

function freeTcpPort() {
  return new Promise((done, fail) => {
    const socket = net.createServer();
    socket.once('error', fail);
    socket.listen(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => done(port));
    });
  });
}

function bindUdp(port) {
  return new Promise((done) => {
    const socket = dgram.createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      done(null);
    });
    socket.bind(port, '127.0.0.1', () => done(socket));
  });
}

/** The first of WORKERS free UDP ports that follow each other. */
async function freeMediaPorts() {
  for (let attempt = 0; attempt < 50; attempt++) {
    const first = 20000 + Math.floor(Math.random() * 10000);
    const sockets = [];
    for (let i = 0; i < WORKERS; i++) sockets.push(await bindUdp(first + i));
    const free = sockets.every(Boolean);
    for (const socket of sockets) socket?.close();
    if (free) return first;
  }
  throw new Error('no free UDP ports');
}

/** Whether a TLS handshake succeeds; whose certificate it is does not matter. */
function answersTls(port) {
  return new Promise((done) => {
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}

export class Server {
  #child = null;
  #log = '';
  #folder = null;
  #port = 0;
  #media = 0;
  #options;

  /**
   * @param env variables for the server's process, besides the test's own
   * @param args further arguments; `tls` among the options says that they make it speak TLS
   * @param program which one, instead of BEDRUD
   * @param descriptors how many it may have open
   * @param own even when SERVER_URL names another
   * @param log the level; onLog: is given all that is written, of which `log` keeps the end only
   */
  constructor({ env = {}, args = [], program = process.env.BEDRUD, descriptors, tls = false, own = false, ...rest } = {}) {
    const { log = process.env.SERVER_LOG ?? 'info', onLog = () => undefined } = rest;
    this.#options = { env, args, program, descriptors, tls, log, onLog };
    this.url = own ? null : (process.env.SERVER_URL ?? null);
    this.foreign = Boolean(this.url);
  }

  get pid() {
    return this.#child?.pid ?? null;
  }

  get log() {
    return this.#log;
  }

  /** The UDP ports of its workers. */
  get mediaPorts() {
    if (this.foreign) throw new Skip('the media ports of a running server are not known');
    return Array.from({ length: WORKERS }, (_, i) => this.#media + i);
  }

  get dataFolder() {
    return join(this.#folder, 'data');
  }

  get wsUrl() {
    return this.url.replace(/^http/, 'ws');
  }

  /** Chooses its address, so that others can be told of it before it starts. */
  async choose() {
    this.#port ||= await freeTcpPort();
    this.url ??= `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${this.#port}`;
    return this.url;
  }

  async start() {
    if (this.foreign) return this;
    const { env, args, program, descriptors, tls: secure, log, onLog } = this.#options;
    if (!program) throw new Error('BEDRUD is not set: the path of the program to test');
    this.#folder ??= mkdtempSync(join(tmpdir(), 'interop-'));
    await this.choose();
    this.#media ||= await freeMediaPorts();
    const command = [
      ...[program, 'run', '--dev', '--workers', String(WORKERS), '--listen', `127.0.0.1:${this.#port}`],
      ...['--media-ip', process.env.MEDIA_IP ?? '127.0.0.1', '--media-port', String(this.#media)],
      ...['--data-dir', this.dataFolder, '--log', log, ...args],
    ];
    // The shell lowers the limit and becomes the server: the process is the same.
    if (descriptors) command.unshift('/bin/sh', '-c', `ulimit -n ${descriptors} && exec "$@"`, 'sh');
    const child = spawn(command[0], command.slice(1), { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        this.#log = (this.#log + text).slice(-400000);
        onLog(text);
        if (process.env.VERBOSE) process.stderr.write(text);
      });
    }
    child.once('exit', (code, signal) => {
      child.ended = signal ?? code;
    });
    await until(
      'the server answers',
      async () => {
        if (child.ended !== undefined) throw new Error(`it ended (${child.ended}): ${this.#log}`);
        return secure ? answersTls(this.#port) : (await fetch(`${this.url}/`)).ok;
      },
      15000,
    );
    return this;
  }

  /** Whether the process runs; a foreign server always counts as running. */
  get alive() {
    return this.foreign || (this.#child !== null && this.#child.ended === undefined);
  }

  /** Ends the process by id; gives its exit code. */
  async stop(signal = 'SIGTERM') {
    const child = this.#child;
    if (!child) return null;
    this.#child = null;
    if (child.ended === undefined) {
      const gone = new Promise((done) => child.once('exit', done));
      child.kill(signal);
      await Promise.race([gone, sleep(9000)]);
      if (child.ended === undefined) {
        child.kill('SIGKILL');
        await gone;
      }
    }
    return child.ended;
  }

  async restart(signal) {
    if (this.foreign) throw new Skip('a running server is not restarted');
    await this.stop(signal);
    await this.start();
  }

  async end() {
    const code = await this.stop();
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = null;
    return code;
  }
}
