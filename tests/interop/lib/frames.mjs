// SPDX-License-Identifier: Apache-2.0
// WebSocket frames made by hand, wrong ones too.
import { Raw, request } from './raw.mjs';
import { check, until } from './tap.mjs';
import { joinToken } from './tokens.mjs';

const MASK = Buffer.from([1, 2, 3, 4]);

/** @param length announced instead of the payload's own; wide: in 8 bytes */
export function frame(opcode, payload = '', { final = true, reserved = 0, masked = true, length, wide = false } = {}) {
  const body = Buffer.from(payload);
  const size = length ?? BigInt(body.length);
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  const mask = masked ? 0x80 : 0;
  let head;
  if (wide || size > 65535n) {
    head = Buffer.alloc(10);
    head.writeBigUInt64BE(size, 2);
    head[1] = mask | 127;
  } else if (size > 125n) {
    head = Buffer.alloc(4);
    head.writeUInt16BE(Number(size), 2);
    head[1] = mask | 126;
  } else {
    head = Buffer.from([0, mask | Number(size)]);
  }
  head[0] = first;
  return Buffer.concat([head, masked ? MASK : Buffer.alloc(0), masked ? body.map((byte, i) => byte ^ MASK[i & 3]) : body]);
}

/** A WebSocket without a library on top. */
export async function upgraded(server, room, identity) {
  const raw = await Raw.open(server);
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13, 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  raw.send(request('GET', `/rtc?access_token=${await joinToken(room, identity)}&auto_subscribe=1&protocol=16&sdk=js`, upgrade));
  await raw.answer();
  check(raw.status === 101, `the upgrade: ${raw.text.slice(0, 100)}`);
  return raw;
}

/** The server's frames so far. */
function* frames(raw) {
  const bytes = raw.bytes.subarray(raw.bytes.indexOf('\r\n\r\n') + 4);
  for (let at = 0; at + 2 <= bytes.length; ) {
    let size = bytes[at + 1] & 0x7f;
    let head = 2;
    if (size === 126) {
      size = bytes.length >= at + 4 ? bytes.readUInt16BE(at + 2) : Infinity;
      head = 4;
    } else if (size === 127) {
      size = bytes.length >= at + 10 ? Number(bytes.readBigUInt64BE(at + 2)) : Infinity;
      head = 10;
    }
    if (at + head + size > bytes.length) return;
    yield { opcode: bytes[at] & 15, payload: bytes.subarray(at + head, at + head + size) };
    at += head + size;
  }
}

/** The code of the server's close frame; 0 when it has none, null when the connection ends without one. */
export async function closeCode(raw) {
  const found = () => [...frames(raw)].find(({ opcode }) => opcode === 8);
  await until('a close frame or the end', () => found() || raw.closed, 20000);
  const close = found();
  return close ? (close.payload.length >= 2 ? close.payload.readUInt16BE(0) : 0) : null;
}

export const sawPong = (raw, payload) =>
  until('a pong', () => [...frames(raw)].some((one) => one.opcode === 10 && one.payload.toString() === payload), 20000);
