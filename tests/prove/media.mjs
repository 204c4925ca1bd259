// SPDX-License-Identifier: Apache-2.0
// Proof: what the server holds of a track, after SRTP, has nothing in it of what the encoder put out. The page and its library
// are ours; in its key worker a probe notes what is given to AES-GCM, in the build of the server another writes down packets.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { held, KEEP, KEEP_CLEAR, record, TRACKS } from '../interop/lib/held.mjs';
import { Ours } from '../interop/lib/ours.mjs';
import { KEY, makeRoom } from '../interop/lib/pairs.mjs';
import { Server } from '../interop/lib/server.mjs';
import { runCases } from '../interop/lib/tap.mjs';
import { filesOf, Front } from './front.mjs';
import { ownPage } from './pages.mjs';

export const title = 'Media tap';
export const claim = 'The server holds nothing of what the encoders put out, beyond the bytes that stay clear.';

const probe = (name) => readFileSync(new URL(`../interop/page/${name}`, import.meta.url), 'utf8').replace(/^import .*$/gm, '');

/** Our page with a probe in front of the key worker's own code. */
function withProbe() {
  const files = filesOf(ownPage, (path, bytes) =>
    path.startsWith('/assets/worker-') ? Buffer.concat([Buffer.from(`{ ${probe('probe-e2ee.mjs')} }\n`), bytes]) : bytes);
  return (path) => (path === '/page/probe-clear.mjs' ? probe('probe-clear.mjs') : files(path));
}

const ENOUGH = 1000;
const numbers = ({ windows, found, percent }, count) => `${found} of ${windows} windows of 16 bytes (${percent}) in ${count} packets`;

async function encrypted(proof, a, file, name, under = '') {
  const { outputs, sealed, ...got } = await record(a, file, { ...TRACKS[name], publish: () => TRACKS[name].publish(a) });
  const seen = held(outputs, got);
  proof.found(`${name}, encrypted${under}: the encoder's output`, seen.windows > ENOUGH && seen.found === 0, numbers(seen, got.count));
  const control = held(sealed, got);
  proof.control(`${name}, encrypted${under}: what the page made of it is found`, control.share > 0.9, numbers(control, got.count));
}

async function clear(proof, a, file, name) {
  const { outputs, ...got } = await record(a, file, { ...TRACKS[name], publish: () => TRACKS[name].publish(a) });
  const seen = held(outputs, got);
  proof.control(`${name}, encryption off: the encoder's output is found`, seen.windows > ENOUGH && seen.share > 0.9, numbers(seen, got.count));
}

/** A meeting of one, who publishes these tracks one after the other. */
async function meet(program, attack, key, names, look) {
  const folder = mkdtempSync(join(tmpdir(), 'tap-'));
  const file = join(folder, 'packets');
  const server = new Server({ program, env: { BEDRUD_MEDIA_TAP_FILE: file, BEDRUD_EVIL: attack }, own: true });
  await server.start();
  const front = await new Front(server, withProbe()).start();
  try {
    if (!existsSync(file)) throw new Error('the server writes nothing down: build it with -Dmedia_tap=true');
    const room = await makeRoom(server, 'tap', key);
    const a = await Ours.join(front, room, 'anna', key ? { key, script: KEEP } : { script: KEEP_CLEAR });
    for (const name of names) {
      await look(a, file, name);
      await a.unpublish(TRACKS[name].source);
    }
  } finally {
    front.end();
    await server.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function prove(proof, { programs: { hostile } }) {
  const all = Object.keys(TRACKS);
  const lied = ', on a server that says it is clear';
  const cases = [
    ['encrypted', 150, () => meet(hostile, '', KEY, all, (a, file, name) => encrypted(proof, a, file, name))],
    ['encrypted, called clear', 100, () => meet(hostile, 'clear-tracks', KEY, ['VP8'], (a, file, name) => encrypted(proof, a, file, name, lied))],
    ['clear', 150, () => meet(hostile, '', undefined, all, (a, file, name) => clear(proof, a, file, name))],
  ];
  await runCases('media', cases, (passed, name, _ms, error) => {
    if (!passed) proof.found(name, false, String(error?.message ?? error));
  });
}
