// SPDX-License-Identifier: Apache-2.0
// The few bytes of LiveKit's DataPacket that a client which trusts nobody has to write itself.
//
// What was decrypted is an EncryptedPacketPayload. What the SDK passes on is a DataPacket, which holds the same messages under
// other numbers. `packetOf` turns one into the other, so that the SDK is given bytes that were authenticated and no others.
import { varint } from './control';
import type { Bytes } from './types';

/** EncryptedPacketPayload's number of a message, and DataPacket's. */
const NUMBERS: ReadonlyMap<number, number> = new Map([
  [1, 2], // user
  [3, 9], // chat_message
  [4, 10], // rpc_request
  [5, 11], // rpc_ack
  [6, 12], // rpc_response
  [7, 13], // stream_header
  [8, 14], // stream_chunk
  [9, 15], // stream_trailer
]);

const BYTES = 2; // wire type: a length, and so many bytes

interface Field {
  number: number;
  type: number;
  /** The content, for fields with a length. */
  content: Uint8Array;
}

/** The fields of a message; null when it is not one. */
function readFields(message: Uint8Array): Field[] | null {
  const fields: Field[] = [];
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = message[at++];
      if (byte === undefined) return NaN;
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return value;
    }
    return NaN;
  };
  while (at < message.length) {
    const tag = number();
    const type = tag % 8;
    const start = at;
    const length = type === BYTES ? number() : type === 0 ? (number(), at - start) : type === 1 ? 8 : type === 5 ? 4 : NaN;
    const from = type === BYTES ? at : start;
    if (Number.isNaN(tag) || Number.isNaN(length) || from + length > message.length || tag < 8) return null;
    at = from + length;
    fields.push({ number: Math.floor(tag / 8), type, content: message.subarray(from, at) });
  }
  return fields;
}

/** The DataPacket that holds what was decrypted, said to come from `identity`; null when there is nothing to pass on. */
export function packetOf(payload: Uint8Array, identity: string, sid: string): Bytes | null {
  const known = readFields(payload)?.filter((field) => field.type === BYTES && NUMBERS.has(field.number));
  const [value] = known ?? [];
  if (!value || known?.length !== 1) return null;
  return join([
    field(NUMBERS.get(value.number) as number, value.content),
    field(4, new TextEncoder().encode(identity)),
    field(17, new TextEncoder().encode(sid)),
  ]);
}

function field(number: number, content: Uint8Array): Uint8Array {
  return join([new Uint8Array(varint(number * 8 + BYTES)), new Uint8Array(varint(content.length)), content]);
}

function numberField(number: number, value: number): Uint8Array {
  return new Uint8Array([...varint(number * 8), ...varint(value)]);
}

function join(parts: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A packet that the worker has encrypted: has what the SDK's engine asks of a DataPacket that it sends. */
export class WorkerPacket {
  readonly value = { case: 'encryptedPacket' };
  /** Given by the engine. */
  sequence = 0;

  constructor(private readonly sealed: { payload: Bytes; iv: Bytes; keyIndex: number; to: readonly string[] }) {}

  toBinary(): Bytes {
    const { payload, iv, keyIndex, to } = this.sealed;
    const encrypted = join([
      numberField(1, 1), // encryption_type: GCM
      field(2, iv),
      numberField(3, keyIndex),
      field(4, payload),
    ]);
    const names = to.map((identity) => field(5, new TextEncoder().encode(identity)));
    return join([...names, numberField(16, this.sequence), field(18, encrypted)]);
  }
}
