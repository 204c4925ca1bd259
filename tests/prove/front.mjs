// SPDX-License-Identifier: Apache-2.0
// Stands between browsers and a server, on a port of its own: passes everything on as it is, except files of the page that
// are to be others, so that a server can be asked what it does to a page without one of its guards, or to one that leaks.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';

const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', mjs: 'text/javascript; charset=utf-8', css: 'text/css' };
/** Headers that belong to the file that was there. */
const OF_THE_FILE = new Set(['content-length', 'content-encoding', 'content-type', 'etag', 'vary', 'transfer-encoding']);

export class Front {
  #server;
  #listener;
  #sockets = new Set();
  url;

  /** @param server whose front this is; file: gives for a path the file's bytes, or null for the server's own */
  constructor(server, file = () => null) {
    this.#server = server;
    this.file = file;
  }

  get wsUrl() {
    return this.url.replace(/^http/, 'ws');
  }

  async start() {
    this.#listener = http.createServer((request, response) => this.#pass(request, response));
    this.#listener.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    await new Promise((done) => this.#listener.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${this.#listener.address().port}`;
    return this;
  }

  #options({ url: path, method, headers }) {
    const { hostname, port } = new URL(this.#server.url);
    return { hostname, port, path, method, headers };
  }

  #pass(request, response) {
    const onward = http.request(this.#options(request), (answer) => {
      const other = this.#other(request, answer);
      if (!other) {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
        return;
      }
      answer.resume();
      const kept = Object.entries(answer.headers).filter(([name]) => !OF_THE_FILE.has(name));
      const type = TYPES[request.url.split('?', 1)[0].split('.').pop()] ?? TYPES.html;
      response.writeHead(200, { ...Object.fromEntries(kept), 'content-type': type, 'cache-control': 'no-store' }).end(other);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }

  /** Another file in place of a page; what the server answers otherwise (a redirect, an error) stays. */
  #other(request, answer) {
    const path = request.url.split('?', 1)[0];
    const isPage = answer.statusCode === 200 && request.method === 'GET';
    // A file with another name than the server's is not there; it gets the page's headers all the same.
    if (!isPage && answer.statusCode !== 404) return null;
    const other = this.file(path);
    if (other && answer.statusCode === 404) Object.assign(answer.headers, this.#pageHeaders);
    if (isPage && path === '/test') this.#pageHeaders = { ...answer.headers };
    return other;
  }

  #pageHeaders = {};

  #upgrade(request, socket, head) {
    const { hostname, port } = new URL(this.#server.url);
    const onward = net.connect(Number(port), hostname, () => {
      const lines = [`${request.method} ${request.url} HTTP/1.1`];
      for (let i = 0; i < request.rawHeaders.length; i += 2) lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`);
      onward.write(`${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    for (const one of [socket, onward]) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        this.#sockets.delete(one);
        socket.destroy();
        onward.destroy();
      });
    }
  }

  end() {
    this.#listener?.close();
    this.#listener?.closeAllConnections();
    for (const one of this.#sockets) one.destroy();
  }
}

/** The files of a built page; `change` gets each with its path and gives what is sent. */
export function filesOf(folder, change = (path, bytes) => bytes) {
  return (path) => {
    const name = path === '/test' ? 'test.html' : /^\/assets\/[\w.-]+$/.test(path) ? path.slice(1) : null;
    if (!name) return null;
    try {
      return change(path, readFileSync(join(folder, name)));
    } catch {
      return null;
    }
  };
}
