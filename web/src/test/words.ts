// SPDX-License-Identifier: Apache-2.0
// What the test page says about encryption.
import type { MeetingHealth, PersonHealth, State } from '../e2ee/health';
import type { Manager } from '../e2ee/manager';
import type { DataCount, KeyState, Rotation } from '../e2ee/messages';
import type { Stopped } from '../e2ee/meeting';

export const STATE_WORDS: Record<State, string> = {
  encrypted: 'encrypted',
  waiting: 'waiting for key',
  'wrong-key': 'wrong key',
  blocked: 'blocked: not encrypted',
  silent: 'sends nothing',
  cannot: 'this browser cannot encrypt',
};

export function describePerson({ state, suspicious }: PersonHealth): string {
  return suspicious ? `${STATE_WORDS[state]}; false frames under this name were refused` : STATE_WORDS[state];
}

export function describeMeeting(health: MeetingHealth, key: KeyState): string {
  if (key.old) return 'Your link is old: a new key is in use. Ask for the newest link.';
  if (health.allDiffer) return 'Your key differs: nobody here can be decrypted. You may have an old link.';
  const bad = [
    health.blocked && `${health.blocked} blocked`,
    health.wrongKey && `${health.wrongKey} wrong key`,
    health.waiting && `${health.waiting} waiting`,
  ].filter(Boolean);
  if (bad.length > 0) return bad.join(', ');
  return health.state === 'encrypted' ? 'Encrypted' : health.state === 'cannot' ? 'This browser cannot encrypt' : 'Key ready';
}

const sum = (counts: Partial<Record<string, number>>): number =>
  Object.values(counts).reduce<number>((total, count) => total + (count ?? 0), 0);

/** What the server, or somebody without the key, tried with messages; frames are told of with their person. */
export function describeRefused(refused: Manager['refused'], data: DataCount['refused']): string {
  const clear = refused['clear-packet'] ?? 0;
  const parts = [
    clear > 0 && `Refused: ${clear} messages that were not encrypted.`,
    sum(data) > 0 && `Refused: ${sum(data)} messages that were altered, repeated, or not from whom they were said to be.`,
  ];
  return parts.filter(Boolean).join(' ');
}

export function describeRotation(rotation: Rotation): string {
  switch (rotation.phase) {
    case 'handing':
      return `New key from ${rotation.by}: ${rotation.got} of ${rotation.wanted} have it.`;
    case 'switched':
      return rotation.missed.length > 0
        ? `New key in use, by ${rotation.by}. Not reached: ${rotation.missed.join(', ')}. The old link no longer works.`
        : `New key in use, by ${rotation.by}. The old link no longer works.`;
    case 'settled':
      return `The key before the one of ${rotation.by} is erased.`;
    case 'failed':
      return 'No new key: nobody could be reached. The one before stays in use.';
  }
}

export function describeStop({ why, lacks }: Stopped): string {
  switch (why) {
    case 'damaged':
      return 'This link is damaged: the key at its end is incomplete, so we stopped before connecting.';
    case 'key-missing':
      return 'This room needs its key: it is encrypted, and the address has no key in it.';
    case 'server-disagrees':
      return 'Stopped: your link has a key, and the server says the room is not encrypted.';
    case 'cannot':
      return `This browser cannot encrypt (${lacks.join(', ')}). We stopped before connecting; nothing was sent.`;
  }
}
