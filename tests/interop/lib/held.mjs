// SPDX-License-Identifier: Apache-2.0
// What an encoder put out, what was made of it, and what the server then held: recorded side by side.
import { readFileSync, statSync } from 'node:fs';
import { equal, until } from './tap.mjs';
import { findWindows } from './windows.mjs';

/** Each with how many frames are recorded. */
export const TRACKS = {
  'Opus': { source: 'microphone', frames: 150, publish: (a) => a.publishTone(440) },
  'VP8': { source: 'camera', frames: 60, publish: (a) => a.publishVideo({ width: 640, height: 360, noise: 40, simulcast: true }) },
  'H.264': { source: 'camera', frames: 60, publish: (a) => a.publishVideo({ width: 640, height: 360, noise: 40, codec: 'h264' }) },
};

/** Runs in the page: keeps what a probe in a worker saw. */
function keepProbed() {
  window.probed = [];
  new BroadcastChannel('probe').onmessage = ({ data }) => window.probed.push(data);
}

/** Runs in the page: whatever is sent goes through a probe that changes nothing. */
function probeSenders() {
  const { addTransceiver } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.addTransceiver = function add(track, ...rest) {
    const transceiver = addTransceiver.call(this, track, ...rest);
    const worker = new Worker('/page/probe-clear.mjs', { type: 'module' });
    transceiver.sender.transform = new RTCRtpScriptTransform(worker, { kind: track.kind ?? track });
    return transceiver;
  };
}

/** To run before the page's own scripts, with encryption and without. */
export const KEEP = `(${keepProbed})()`;
export const KEEP_CLEAR = `${KEEP}; (${probeSenders})()`;

function takeProbed(from) {
  const base64 = (bytes) => {
    let text = '';
    for (const byte of bytes ?? []) text += String.fromCharCode(byte);
    return btoa(text);
  };
  return window.probed.slice(from).map(({ output, sealed }) => ({ output: base64(output), sealed: base64(sealed) }));
}

/** The packets in the tap's file since `from`: each after its size, which must be whole. */
function packetsSince(file, from) {
  const bytes = readFileSync(file).subarray(from);
  let at = 0;
  let count = 0;
  for (; at + 4 <= bytes.length; at += 4 + bytes.readUInt32BE(at)) count++;
  equal(at, bytes.length, 'the end of the last packet');
  return { bytes, count };
}

/** Publishes a track; gives what the encoder put out, what was sealed, and what the server got. */
export async function record({ page }, file, { frames, publish }) {
  const probedCount = () => page.evaluate(() => window.probed.length);
  const [from, first] = [statSync(file).size, await probedCount()];
  await publish();
  await until('frames', async () => (await probedCount()) >= first + frames, 40000);
  const probed = await page.evaluate(takeProbed, first);
  // What was recorded has long been sent when half as much again was.
  await until('more frames', async () => (await probedCount()) >= first + probed.length + frames / 2, 40000);
  const [outputs, sealed] = ['output', 'sealed'].map((name) => probed.map((one) => Buffer.from(one[name], 'base64')));
  return { outputs, sealed, ...packetsSince(file, from) };
}

/** How much of these bytes, in windows of 16, the server held. */
export function held(needles, { bytes }) {
  const { windows, found } = findWindows(needles, bytes);
  return { windows, found, share: found / windows, percent: `${((100 * found) / windows).toFixed(1)} %` };
}
