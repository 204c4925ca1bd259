// SPDX-License-Identifier: Apache-2.0
// Datagrams made by hand, and a peer that goes only as far as it is told: STUN checks, the first DTLS flight, rubbish.
import { createHmac, randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import { once } from 'node:events';
import { crc32 } from 'node:zlib';
import { Signal } from './signal.mjs';
import { afterwards, check, sleep, until } from './tap.mjs';

const MAGIC = 0x2112a442;

function attribute(type, value) {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
}

/** A STUN message with a length that counts `more` bytes yet to come. */
function stunMessage(attributes, transaction, more) {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(1, 0);
  head.writeUInt16BE(attributes.length + more, 2);
  head.writeUInt32BE(MAGIC, 4);
  return Buffer.concat([head, transaction, attributes]);
}

/** A connectivity check for these credentials of the server's, as a controlling agent that nominates sends it. */
export function stunCheck(ufrag, pwd, { transaction = randomBytes(12) } = {}) {
  const attributes = Buffer.concat([
    attribute(0x0006, Buffer.from(`${ufrag}:peer`)),
    attribute(0x0024, Buffer.from([0x6e, 0xff, 0xff, 0xff])),
    attribute(0x802a, randomBytes(8)),
    attribute(0x0025, Buffer.alloc(0)),
  ]);
  const mac = createHmac('sha1', pwd).update(stunMessage(attributes, transaction, 24)).digest();
  const sealed = Buffer.concat([attributes, attribute(0x0008, mac)]);
  const print = Buffer.alloc(4);
  print.writeUInt32BE((crc32(stunMessage(sealed, transaction, 8)) ^ 0x5354554e) >>> 0);
  return stunMessage(Buffer.concat([sealed, attribute(0x8028, print)]), transaction, 0);
}

const isSuccess = (bytes) => bytes.length >= 20 && bytes.readUInt16BE(0) === 0x0101;

const size24 = (n) => Buffer.from([n >> 16, n >> 8, n].map((byte) => byte & 0xff));
const vector = (bytes, width) => Buffer.concat([width === 2 ? Buffer.from([bytes.length >> 8, bytes.length & 0xff]) : Buffer.from([bytes.length]), bytes]);
const extension = (type, hex) => Buffer.concat([Buffer.from([type >> 8, type & 0xff]), vector(Buffer.from(hex, 'hex'), 2)]);

export function dtlsRecord(type, body, { epoch = 0, sequence = 0 } = {}) {
  const head = Buffer.alloc(13);
  head[0] = type;
  head.writeUInt16BE(0xfefd, 1);
  head.writeUInt16BE(epoch, 3);
  head.writeUIntBE(sequence, 5, 6);
  head.writeUInt16BE(body.length, 11);
  return Buffer.concat([head, body]);
}

/** A whole ClientHello such as browsers send: the server answers with its certificate. */
export function clientHello({ sequence = 0 } = {}) {
  const extensions = Buffer.concat([
    extension(0x000a, '0004001d0017'),
    extension(0x000b, '0100'),
    extension(0x000d, '0006040308040401'),
    extension(0x000e, '00040007000100'),
    extension(0x0017, ''),
    extension(0xff01, '00'),
  ]);
  const body = Buffer.concat([Buffer.from('fefd', 'hex'), randomBytes(32), Buffer.from([0, 0]), vector(Buffer.from('c02bc02fcca9', 'hex'), 2),
    Buffer.from([1, 0]), vector(extensions, 2)]);
  const handshake = Buffer.concat([Buffer.from([1]), size24(body.length), Buffer.from([0, 0]), size24(0), size24(body.length), body]);
  return dtlsRecord(22, handshake, { sequence });
}

/** A UDP socket that counts what comes. */
export class Stranger {
  socket = dgram.createSocket('udp4');
  received = [];

  static async open() {
    const stranger = new Stranger();
    stranger.socket.on('message', (bytes) => stranger.received.push(bytes));
    stranger.socket.on('error', () => {});
    stranger.socket.bind(0, '127.0.0.1');
    await once(stranger.socket, 'listening');
    afterwards(() => stranger.close());
    return stranger;
  }

  send(bytes, port) {
    return new Promise((done) => this.socket.send(bytes, port, '127.0.0.1', () => done()));
  }

  /** Sends all, with breath: the receiver's buffer is not what is tested. */
  async sendAll(list, port) {
    for (let i = 0; i < list.length; i++) {
      void this.send(list[i], port);
      if (i % 64 === 63) await sleep(1);
    }
  }

  close() {
    if (!this.closed) this.socket.close();
    this.closed = true;
  }
}

/** Somebody who joins by signalling, and whose media goes as far as tests say. */
export class HalfPeer {
  static async join(server, room, identity) {
    const peer = new HalfPeer();
    peer.signal = await Signal.open(server, room, identity);
    const { sdp } = await peer.signal.expects('offer');
    const line = (name) => sdp.match(new RegExp(`a=${name}:(\\S+)`))[1];
    [peer.ufrag, peer.pwd] = [line('ice-ufrag'), line('ice-pwd')];
    peer.port = Number(sdp.match(/a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+) typ host/i)[1]);
    peer.stranger = await Stranger.open();
    return peer;
  }

  check() {
    return stunCheck(this.ufrag, this.pwd);
  }

  /** Its address is known to the server afterwards. */
  async connect() {
    await until('an answer to a check', async () => {
      await this.stranger.send(this.check(), this.port);
      await sleep(20);
      return this.stranger.received.some(isSuccess);
    });
  }

  /** The server's first flight comes; nothing is said to it. */
  async greet() {
    await until('the answer to a ClientHello', async () => {
      await this.stranger.send(clientHello(), this.port);
      await sleep(20);
      return this.stranger.received.some((bytes) => bytes[0] === 22);
    });
  }

  answers() {
    return this.stranger.received.filter(isSuccess).length;
  }

  leave() {
    this.signal.close();
    this.stranger.close();
  }
}

/** Rubbish of every kind that a media port knows: STUN, DTLS, RTP, RTCP, and none of these. */
export function rubbish(random, count, { ufrag = 'nobody' } = {}) {
  const bytes = (size) => Buffer.from(Array.from({ length: size }, () => random(256)));
  const kinds = [
    () => bytes(random(1500)),
    () => stunCheck(bytes(4).toString('hex'), 'no password at all'),
    () => stunCheck(ufrag, 'not the right password'),
    () => stunCheck(ufrag, 'not the right password').subarray(0, random(80)),
    () => Buffer.concat([Buffer.from([0, 1, 0, random(100) * 4, 0x21, 0x12, 0xa4, 0x42]), bytes(random(400))]),
    () => clientHello(),
    () => dtlsRecord(20 + random(6), bytes(random(1200)), { epoch: random(3), sequence: random(1000) }),
    () => Buffer.concat([Buffer.from([22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, random(9), 0xff, 0xff]), bytes(random(100))]),
    () => Buffer.concat([Buffer.from([0x80, random(128)]), bytes(10 + random(1200))]),
    () => Buffer.concat([Buffer.from([0x80 + random(32), 200 + random(8)]), bytes(random(300))]),
    () => Buffer.alloc(0),
  ];
  return Array.from({ length: count }, () => kinds[random(kinds.length)]());
}

/** Nobody was answered. */
export function unanswered(strangers, what) {
  for (const { received } of strangers) check(received.length === 0, `${what}: ${received.length} answers`);
}
