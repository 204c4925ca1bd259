// SPDX-License-Identifier: Apache-2.0
// What the server holds of a track after SRTP, in a build that writes it down: of an encrypted track nothing that came
// out of the encoder, beyond the bytes that stay clear. That the same look finds what is there is seen twice: the sealed
// bytes are found, and without encryption the encoder's are.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as browser from '../lib/browser.mjs';
import { KEY, makeRoom } from '../lib/pairs.mjs';
import { check, equal, Skip, until } from '../lib/tap.mjs';
import { findWindows } from '../lib/windows.mjs';

const folder = mkdtempSync(join(tmpdir(), 'tap-'));
const file = join(folder, 'packets');

export const options = { env: { BEDRUD_MEDIA_TAP_FILE: file } };

export async function end() {
  await browser.end();
  rmSync(folder, { recursive: true, force: true });
}

const TRACKS = {
  'Opus': [150, (a) => a.publishTone(440)],
  'VP8': [60, (a) => a.publishVideo({ width: 640, height: 360, noise: 40, simulcast: true })],
  'H.264': [60, (a) => a.publishVideo({ width: 640, height: 360, noise: 40, codec: 'h264' })],
};

/** The packets since `from`: each after its size, which must be whole. */
function packets(from) {
  const bytes = readFileSync(file).subarray(from);
  let at = 0;
  let count = 0;
  for (; at + 4 <= bytes.length; at += 4 + bytes.readUInt32BE(at)) count++;
  equal(at, bytes.length, 'the end of the last packet');
  return { bytes, count };
}

/** Runs in the page: whatever is sent goes through the probe. */
function probeSenders() {
  const { addTransceiver } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.addTransceiver = function add(track, ...rest) {
    const transceiver = addTransceiver.call(this, track, ...rest);
    const worker = new Worker('/page/probe-clear.mjs', { type: 'module' });
    transceiver.sender.transform = new RTCRtpScriptTransform(worker, { kind: track.kind ?? track });
    return transceiver;
  };
}

/** Publishes, and gives what the encoder put out, what was sealed, and what the server got. */
async function record(server, key, [frames, publish]) {
  if (server.foreign) throw new Skip('what a foreign server holds is not known');
  check(existsSync(file), 'the server writes nothing down: build it with -Dmedia_tap=true');
  const room = await makeRoom(server, 'tap', key);
  const probing = key ? { key, worker: '/page/probe-e2ee.mjs' } : { script: probeSenders };
  const a = await browser.Browser.join(server, room, 'anna', probing);
  const from = statSync(file).size;
  await publish(a);
  await until('frames', async () => (await a.call('probedCount')) >= frames, 40000);
  const probed = await a.call('probed');
  // What was recorded has long been sent when as much again was.
  await until('more frames', async () => (await a.call('probedCount')) >= probed.length + frames / 2, 40000);
  const [outputs, sealed] = ['output', 'sealed'].map((name) =>
    probed.map((one) => Buffer.from(one[name] ?? '', 'base64')));
  return { outputs, sealed, ...packets(from) };
}

const share = ({ windows, found }) => found / windows;

async function encrypted(server, name) {
  const { outputs, sealed, bytes, count } = await record(server, KEY, TRACKS[name]);
  const seen = findWindows(outputs, bytes);
  check(seen.windows > 1000, `only ${seen.windows} windows of the encoder's output`);
  equal(seen.found, 0, `windows of the encoder's output in ${count} packets`);
  const control = findWindows(sealed, bytes);
  check(share(control) > 0.9, `${control.found} of ${control.windows} windows of the sealed frames are found`);
  return `${seen.windows} windows, none in ${count} packets; sealed ones ${(100 * share(control)).toFixed(1)} %`;
}

async function clear(server, name) {
  const { outputs, bytes, count } = await record(server, undefined, TRACKS[name]);
  const seen = findWindows(outputs, bytes);
  check(seen.windows > 1000, `only ${seen.windows} windows of the encoder's output`);
  check(share(seen) > 0.9, `${seen.found} of ${seen.windows} windows are found in ${count} packets`);
  return `${(100 * share(seen)).toFixed(1)} % of ${seen.windows} windows in ${count} packets`;
}

export const cases = (server) => Object.keys(TRACKS).flatMap((name) => [
  [`${name}, encrypted: nothing of the encoder's output`, 120, () => encrypted(server, name)],
  [`${name}, clear: the encoder's output is found`, 120, () => clear(server, name)],
]);
