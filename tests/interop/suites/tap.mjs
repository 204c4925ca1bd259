// SPDX-License-Identifier: Apache-2.0
// What the server holds of a track after SRTP, in a build that writes it down: of an encrypted track nothing that came
// out of the encoder, beyond the bytes that stay clear. That the same look finds what is there is seen twice: the sealed
// bytes are found, and without encryption the encoder's are.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as browser from '../lib/browser.mjs';
import { held, KEEP, KEEP_CLEAR, record, TRACKS } from '../lib/held.mjs';
import { KEY, makeRoom } from '../lib/pairs.mjs';
import { check, equal, Skip } from '../lib/tap.mjs';

const folder = mkdtempSync(join(tmpdir(), 'tap-'));
const file = join(folder, 'packets');

export const options = { env: { BEDRUD_MEDIA_TAP_FILE: file } };

export async function end() {
  await browser.end();
  rmSync(folder, { recursive: true, force: true });
}

async function recorded(server, key, name) {
  if (server.foreign) throw new Skip('what a foreign server holds is not known');
  check(existsSync(file), 'the server writes nothing down: build it with -Dmedia_tap=true');
  const room = await makeRoom(server, 'tap', key);
  const options = key ? { key, worker: '/page/probe-e2ee.mjs', script: KEEP } : { script: KEEP_CLEAR };
  const a = await browser.Browser.join(server, room, 'anna', options);
  const { frames, publish } = TRACKS[name];
  return record(a, file, { frames, publish: () => publish(a) });
}

async function encrypted(server, name) {
  const { outputs, sealed, ...got } = await recorded(server, KEY, name);
  const seen = held(outputs, got);
  check(seen.windows > 1000, `only ${seen.windows} windows of the encoder's output`);
  equal(seen.found, 0, `windows of the encoder's output in ${got.count} packets`);
  const control = held(sealed, got);
  check(control.share > 0.9, `${control.found} of ${control.windows} windows of the sealed frames are found`);
  return `${seen.windows} windows, none in ${got.count} packets; sealed ones ${control.percent}`;
}

async function clear(server, name) {
  const { outputs, ...got } = await recorded(server, undefined, name);
  const seen = held(outputs, got);
  check(seen.windows > 1000, `only ${seen.windows} windows of the encoder's output`);
  check(seen.share > 0.9, `${seen.found} of ${seen.windows} windows are found in ${got.count} packets`);
  return `${seen.percent} of ${seen.windows} windows in ${got.count} packets`;
}

export const cases = (server) => Object.keys(TRACKS).flatMap((name) => [
  [`${name}, encrypted: nothing of the encoder's output`, 120, () => encrypted(server, name)],
  [`${name}, clear: the encoder's output is found`, 120, () => clear(server, name)],
]);
