// SPDX-License-Identifier: Apache-2.0
// Two people of any two SDKs in a room, encrypted or not: what most suites begin with.
import * as browser from './browser.mjs';
import * as native from './native.mjs';
import { makeEncrypted, roomName } from './tokens.mjs';

export const KEY = 'Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZS1rZXk';

export const PAIRINGS = [
  ['native and native', native.Native, native.Native],
  ['Chromium and Chromium', browser.Browser, browser.Browser],
  ['Chromium and native', browser.Browser, native.Native],
];
export const MODES = [['clear', undefined], ['encrypted', KEY]];

/** A room for these people: encrypted ones are made so by the server API before anybody comes. */
export async function makeRoom(server, hint, key) {
  const room = roomName(hint);
  if (key) await makeEncrypted(server, room);
  return room;
}

/**
 * Anna and Ben, who see each other.
 * @param options key, and for one of them alone: anna, ben (options of `join`)
 */
export async function pair(server, [hint, Anna, Ben], { key, anna = {}, ben = {} } = {}) {
  const room = await makeRoom(server, hint.replaceAll(' ', '-'), key);
  const [a, b] = await Promise.all([
    Anna.join(server, room, 'anna', { key, ...anna }),
    Ben.join(server, room, 'ben', { key, ...ben }),
  ]);
  await Promise.all([a.sees('ben'), b.sees('anna')]);
  return { room, a, b };
}

/** One case for each pairing and mode; `body(server, pairing, key)`. */
export function everyPair(server, title, seconds, body, modes = MODES) {
  return PAIRINGS.flatMap((pairing) =>
    modes.map(([mode, key]) => [`${title}: ${pairing[0]}, ${mode}`, seconds, () => body(server, pairing, key)]),
  );
}

export async function end() {
  await browser.end();
  await native.end();
}
