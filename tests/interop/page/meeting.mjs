// SPDX-License-Identifier: Apache-2.0
// A person in a room by livekit-client, with its own end-to-end encryption. Driven by lib/browser.mjs through
// `window.meeting`; answers are plain values.
import { ExternalE2EEKeyProvider, Room, RoomEvent } from '/livekit-client.mjs';
import { drive, driver } from '/page/driver.mjs';

async function encryption(key, worker) {
  const keyProvider = new ExternalE2EEKeyProvider();
  await keyProvider.setKey(key);
  return { keyProvider, worker };
}

/** @param options url, token, key, worker: where the worker of E2EE is, room: RoomOptions, auto: subscribing */
async function join({ url, token, key, worker = '/e2ee-worker.mjs', options = {}, auto = true }) {
  const e2ee = key ? { encryption: await encryption(key, new Worker(worker, { type: 'module' })) } : {};
  const room = new Room({ ...options, ...e2ee });
  meeting.room = room;
  drive(room, Object.values(RoomEvent));
  // Chromium decodes a remote sound only when an element plays it.
  room.on(RoomEvent.TrackSubscribed, (track) => track.kind === 'audio' && track.attach());
  room.on(RoomEvent.TrackUnsubscribed, (track) => track.detach());
  if (key) await room.setE2EEEnabled(true);
  await room.connect(url, token, { autoSubscribe: auto });
  // Until its worker has answered, the SDK sends messages in clear.
  while (key && !room.engine.e2eeManager.isDataChannelEncryptionEnabled) await new Promise((done) => setTimeout(done, 10));
}

const meeting = {
  ...driver,
  room: null,
  join,
};
window.meeting = meeting;
