// SPDX-License-Identifier: Apache-2.0
// A receiver of webhooks: keeps what it is sent, and takes it or not as it is told.
import { createServer } from 'node:http';
import { until } from './tap.mjs';

export class Receiver {
  #server = createServer((request, response) => this.#take(request, response));
  letters = [];
  status = 200;

  async listen() {
    await new Promise((done) => this.#server.listen(0, '127.0.0.1', done));
    this.#server.unref();
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  #take(request, response) {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const { status } = this;
      this.letters.push({ status, path: request.url, headers: request.headers, body: Buffer.concat(parts).toString() });
      response.writeHead(status).end();
    });
  }

  /** Letters that `wanted` says yes to, once there are `count`. */
  async await(count, wanted, what = `${count} letters`) {
    await until(what, () => this.letters.filter(wanted).length >= count, 30000);
    return this.letters.filter(wanted);
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
