// SPDX-License-Identifier: Apache-2.0
// A line to the server that can be pulled: forwards TCP, so what is cut is the WebSocket and nothing of the media.
import net from 'node:net';
import { afterwards } from './tap.mjs';

export class Line {
  #server;
  #sockets = new Set();
  #open = true;
  url;
  accepted = 0;

  static async to(server) {
    const line = new Line();
    const { port } = new URL(server.url);
    line.#server = net.createServer((near) => line.#join(near, Number(port)));
    await new Promise((done) => line.#server.listen(0, '127.0.0.1', done));
    line.url = `ws://127.0.0.1:${line.#server.address().port}`;
    afterwards(() => line.#end());
    return line;
  }

  #join(near, port) {
    if (!this.#open) {
      near.destroy();
      return;
    }
    this.accepted++;
    const far = net.connect(port, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]]) {
      this.#sockets.add(one);
      one.on('error', () => {});
      one.once('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }

  /** Cuts what stands; with `stay` nothing gets through until `mend`. */
  pull(stay = false) {
    this.#open = !stay;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  mend() {
    this.#open = true;
  }

  #end() {
    this.pull(true);
    this.#server.close();
  }
}
