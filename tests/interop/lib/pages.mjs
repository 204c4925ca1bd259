// SPDX-License-Identifier: Apache-2.0
// The pages that browsers under test open, on a loopback port of their own: livekit-client as it comes from npm, and
// what drives it. They belong to the tests, so that whatever the server's own pages do changes nothing here.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { fileURLToPath } from 'node:url';

const here = (path) => new URL(`../${path}`, import.meta.url);
const SCRIPT = 'text/javascript';
const FILES = {
  '/': [here('page/meeting.html'), 'text/html'],
  '/page/meeting.mjs': [here('page/meeting.mjs'), SCRIPT],
  '/page/driver.mjs': [here('page/driver.mjs'), SCRIPT],
  '/page/probe-clear.mjs': [here('page/probe-clear.mjs'), SCRIPT],
  '/page/probe-e2ee.mjs': [here('page/probe-e2ee.mjs'), SCRIPT],
  '/lib/brief.mjs': [here('lib/brief.mjs'), SCRIPT],
  '/lib/signal-check.mjs': [here('lib/signal-check.mjs'), SCRIPT],
  '/livekit-client.mjs': [import.meta.resolve('livekit-client'), SCRIPT],
  '/e2ee-worker.mjs': [import.meta.resolve('livekit-client/e2ee-worker'), SCRIPT],
};

export class Pages {
  #server;
  url;

  async start() {
    this.#server = http.createServer((request, response) => {
      const found = FILES[request.url];
      if (!found) {
        response.writeHead(404).end();
        return;
      }
      const body = readFileSync(fileURLToPath(found[0]));
      response.writeHead(200, { 'content-type': found[1], 'cache-control': 'no-store' }).end(body);
    });
    await new Promise((done) => this.#server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${this.#server.address().port}/`;
    return this;
  }

  end() {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}
