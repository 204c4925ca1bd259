// SPDX-License-Identifier: Apache-2.0
// The API for apps, as somebody who is logged in, or a guest, uses it.
import { randomBytes } from 'node:crypto';
import { check } from './tap.mjs';

const PASSWORD = 'correct horse 9 battery';

export class Account {
  /** @param token of the API; null for nobody */
  constructor(server, token = null, user = {}) {
    this.server = server;
    this.token = token;
    this.id = user.id ?? null;
    this.name = user.name ?? null;
  }

  /** JSON and, as `http`, the status of an answer. */
  async ask(method, path, body) {
    const headers = { ...(body && { 'content-type': 'application/json' }) };
    if (this.token) headers.authorization = `Bearer ${this.token}`;
    const answer = await fetch(`${this.server.url}/api${path}`, { method, headers, body: body && JSON.stringify(body) });
    const text = await answer.text();
    return { ...(text && JSON.parse(text)), http: answer.status };
  }

  /** The JSON of an answer, which must have this status. */
  async expect(status, method, path, body) {
    const answer = await this.ask(method, path, body);
    check(answer.http === status, `${method} ${path}: ${JSON.stringify(answer)} instead of ${status}`);
    return answer;
  }

  /** Somebody with an account; the first one of a server is its superadmin. */
  static async register(server, name) {
    const email = `${name}-${randomBytes(4).toString('hex')}@example.org`;
    const answer = await new Account(server).expect(200, 'POST', '/auth/register', { email, password: PASSWORD, name });
    return new Account(server, answer.accessToken, answer.user);
  }

  static async guest(server, name) {
    const answer = await new Account(server).expect(200, 'POST', '/auth/guest-login', { name });
    return new Account(server, answer.accessToken, answer.user);
  }

  /** A room of this account. */
  async create(settings = {}, more = {}) {
    return this.expect(200, 'POST', '/room/create', { settings, ...more });
  }

  /** What joining gives: the token and where it is good. */
  async way(room) {
    return this.expect(200, 'POST', '/room/join', { roomName: room.name });
  }

  /** Does something in the room: 'kick/<identity>'. */
  async act(room, what, status = 200) {
    return this.expect(status, 'POST', `/room/${room.id}/${what}`, {});
  }
}
