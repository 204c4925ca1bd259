// SPDX-License-Identifier: Apache-2.0
// Tokens, rooms with names of their own, and the server API, by LiveKit's own package.
import { createHmac, randomBytes } from 'node:crypto';
import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';

export const KEY = 'devkey';
export const SECRET = 'secret';

export function roomName(hint = 'room') {
  return `${hint}-${randomBytes(4).toString('hex')}`;
}

/** A token that admits `identity` to `room`; `grants` are added. */
export function joinToken(room, identity, grants = {}, options = {}) {
  const token = new AccessToken(KEY, SECRET, { identity, ttl: '10m', ...options });
  token.addGrant({ roomJoin: true, room, ...grants });
  return token.toJwt();
}

export function apiToken(grants) {
  const token = new AccessToken(KEY, SECRET, { ttl: '10m' });
  token.addGrant(grants);
  return token.toJwt();
}

export function rooms(server) {
  return new RoomServiceClient(server.url, KEY, SECRET, { failover: false });
}

/** Identities; none when the room is gone. */
export async function peopleIn(server, room) {
  try {
    return (await rooms(server).listParticipants(room)).map(({ identity }) => identity);
  } catch (error) {
    if (error.status === 404) return [];
    throw error;
  }
}

const text = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A token put together by hand: whatever header and payload, signed with `secret` (null: not signed). */
export function handMade(payload, { header = { alg: 'HS256', typ: 'JWT' }, secret = SECRET, hash = 'sha256' } = {}) {
  const body = `${text(header)}.${text(payload)}`;
  return `${body}.${secret === null ? '' : createHmac(hash, secret).update(body).digest('base64url')}`;
}

export function claims(room, identity, more = {}) {
  const now = Math.floor(Date.now() / 1000);
  return { iss: KEY, sub: identity, nbf: now - 10, exp: now + 600, video: { roomJoin: true, room }, ...more };
}

/** Makes `room` an encrypted one, as the control plane does. */
export function makeEncrypted(server, room) {
  return rooms(server).createRoom({ name: room, metadata: JSON.stringify({ e2ee: true }) });
}
