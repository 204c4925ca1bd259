// SPDX-License-Identifier: Apache-2.0
// A signal connection without a client behind it: says what a test wants said, and keeps what it is told.
import { SignalRequest, SignalResponse } from '@livekit/protocol';
import WebSocket from 'ws';
import { afterwards, until, within } from './tap.mjs';
import { joinToken } from './tokens.mjs';

export class Signal {
  socket;
  messages = [];
  closed = null; // the code, when it is

  /** @param query what is added to the address; grants, token: for the token; path: with its query to go to instead */
  static async open(server, room, identity, { query = {}, grants, token, path, wait = true } = {}) {
    const signal = new Signal();
    const jwt = await joinToken(room, identity, grants, token);
    const parameters = new URLSearchParams({ access_token: jwt, auto_subscribe: '1', protocol: '16', sdk: 'js', ...query });
    signal.socket = new WebSocket(`${server.wsUrl}${path ?? `/rtc?${parameters}`}`, { perMessageDeflate: false });
    signal.#listen();
    afterwards(() => signal.socket.terminate());
    if (wait) await within(15000, `${identity} is answered`, signal.#first());
    return signal;
  }

  #listen() {
    this.socket.binaryType = 'nodebuffer';
    this.socket.on('message', (bytes) => this.messages.push(SignalResponse.fromBinary(bytes).message));
    this.socket.on('error', (error) => (this.error = error));
    this.socket.on('close', (code) => (this.closed = code));
  }

  async #first() {
    await until('the first message', () => this.messages.length > 0 || this.closed !== null);
  }

  of(kind) {
    return this.messages.filter((one) => one.case === kind).map((one) => one.value);
  }

  /** The next or first message of this kind. */
  expects(kind, { since = 0 } = {}) {
    return until(`a message ${kind}`, () => this.messages.slice(since).find((one) => one.case === kind)?.value);
  }

  /** @param kind, value as in SignalRequest's oneof */
  say(kind, value) {
    this.raw(new SignalRequest({ message: { case: kind, value } }).toBinary());
  }

  raw(bytes) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(bytes);
  }

  closes(ms) {
    return until('the server closes the connection', () => this.closed !== null, ms);
  }

  close() {
    this.socket.terminate();
  }
}
