// SPDX-License-Identifier: Apache-2.0
// Whether to join, and how. The server is not trusted to say whether a meeting is encrypted: a key in hand means encrypted,
// whatever it says, and a server that contradicts the key is a reason to stop.
import type { KeyStatus } from './messages';

/** What the server says of a room, in its metadata (docs/protocol.md): a JSON object with a member `e2ee`. */
export type ServerSays = 'encrypted' | 'clear' | 'nothing';

export function readMetadata(metadata: string | undefined): ServerSays {
  if (!metadata) return 'nothing';
  try {
    const value: unknown = JSON.parse(metadata);
    if (typeof value !== 'object' || value === null || !('e2ee' in value)) return 'nothing';
    return value.e2ee === true ? 'encrypted' : 'clear';
  } catch {
    return 'nothing';
  }
}

export type Decision =
  | 'encrypted' // join, everything encrypted
  | 'clear' // join, nothing encrypted
  | 'damaged' // stop: the link's key cannot be read
  | 'key-missing' // stop: the room is encrypted and there is no key
  | 'server-disagrees'; // stop: there is a key, and the server says the room is not encrypted

export function decide(key: KeyStatus, server: ServerSays): Decision {
  if (key === 'damaged') return 'damaged';
  if (key === 'ready') return server === 'clear' ? 'server-disagrees' : 'encrypted';
  return server === 'encrypted' ? 'key-missing' : 'clear';
}
