// SPDX-License-Identifier: Apache-2.0
// A bad line between clients and a server's media ports: a relay that loses datagrams both ways, whatever is in them, by the
// numbers of a seed. Pages are told its ports in place of the server's by `script`, which runs before their own.
import dgram from 'node:dgram';
import { once } from 'node:events';
import { seeded } from './raw.mjs';
import { afterwards } from './tap.mjs';

async function bind(address) {
  const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  socket.on('error', () => {});
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

/** Runs in the page: candidates name the relay's ports, and no way around it is left. */
function redirect(ports) {
  const other = (text) =>
    text?.replace(/^((?:a=)?candidate:\S+ \d+ udp \d+ \S+ )(\d+)(?= )/gim, (whole, head, port) => (ports[port] ? head + ports[port] : whole))
      .replace(/^a=candidate:\S+ \d+ tcp .*\r\n/gim, '');
  const { setRemoteDescription, addIceCandidate } = RTCPeerConnection.prototype;
  Object.assign(RTCPeerConnection.prototype, {
    setRemoteDescription({ type, sdp }) {
      return setRemoteDescription.call(this, { type, sdp: other(sdp) });
    },
    addIceCandidate(one, ...rest) {
      return addIceCandidate.call(this, one?.candidate ? { ...one, candidate: other(one.candidate) } : one, ...rest);
    },
  });
}

export class BadLine {
  passed = 0;
  lost = 0;
  /** Relay ports by the server's. */
  #ports = {};
  #sockets = [];
  #random;
  #loss;

  /** @param loss the share that is lost */
  static async open(server, { loss, seed = 1, address = process.env.MEDIA_IP ?? '127.0.0.1' }) {
    const line = new BadLine();
    afterwards(() => line.#sockets.forEach((socket) => socket.close()));
    line.#random = seeded(seed);
    line.#loss = loss;
    for (const port of server.mediaPorts) await line.#relay(port, address);
    return line;
  }

  get script() {
    return `(${redirect})(${JSON.stringify(this.#ports)})`;
  }

  get share() {
    return this.lost / (this.lost + this.passed);
  }

  async #relay(port, address) {
    const front = await bind(address);
    this.#sockets.push(front);
    this.#ports[port] = front.address().port;
    const backs = new Map();
    front.on('message', async (bytes, from) => {
      const name = `${from.address}:${from.port}`;
      if (!backs.has(name)) backs.set(name, this.#back(front, from, address));
      const back = await backs.get(name);
      if (this.#passes()) back.send(bytes, port, address);
    });
  }

  /** The server knows each client by a socket of its own. */
  async #back(front, client, address) {
    const back = await bind(address);
    this.#sockets.push(back);
    back.on('message', (bytes) => {
      if (this.#passes()) front.send(bytes, client.port, client.address);
    });
    return back;
  }

  #passes() {
    const passes = this.#random(1_000_000) >= this.#loss * 1_000_000;
    if (passes) this.passed++;
    else this.lost++;
    return passes;
  }
}
