// SPDX-License-Identifier: Apache-2.0
// The connection test: joins a room with the token behind '#', shows who is there, and lets people see, hear and write
// to each other. Encryption is the SDK's own here; tests drive this page through `window.connectionTest`.
import {
  ConnectionState,
  type E2EEOptions,
  ExternalE2EEKeyProvider,
  type Participant,
  type RemoteTrack,
  type RemoteTrackPublication,
  type RemoteParticipant,
  Room,
  RoomEvent,
  type RoomOptions,
  Track,
} from 'livekit-client';
import E2EEWorker from 'livekit-client/e2ee-worker?worker';

const TOPIC = 'chat';

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as T;
}

const fields = {
  join: element<HTMLFormElement>('join'),
  token: element<HTMLInputElement>('token'),
  e2ee: element<HTMLInputElement>('e2ee'),
  keyField: element<HTMLElement>('key-field'),
  key: element<HTMLInputElement>('key'),
  go: element<HTMLButtonElement>('go'),
  status: element<HTMLElement>('status'),
  stage: element<HTMLElement>('stage'),
  tiles: element<HTMLElement>('tiles'),
  mic: element<HTMLButtonElement>('mic'),
  cam: element<HTMLButtonElement>('cam'),
  screen: element<HTMLButtonElement>('screen'),
  leave: element<HTMLButtonElement>('leave'),
  write: element<HTMLFormElement>('write'),
  text: element<HTMLInputElement>('text'),
  messages: element<HTMLOListElement>('messages'),
};

interface Message {
  from: string;
  text: string;
}

interface ConnectionTest {
  room: Room | null;
  messages: Message[];
  errors: string[];
  join(options: JoinOptions): Promise<void>;
}

interface JoinOptions {
  token: string;
  key?: string;
  url?: string;
  room?: RoomOptions;
}

const test: ConnectionTest = { room: null, messages: [], errors: [], join };

declare global {
  interface Window {
    connectionTest: ConnectionTest;
  }
}
window.connectionTest = test;

function say(text: string, isError = false): void {
  fields.status.textContent = text;
  fields.status.classList.toggle('error', isError);
  if (isError) test.errors.push(text);
}

// ---- tiles ----

function tileOf(p: Participant): HTMLElement {
  const id = `tile-${p.sid}`;
  let tile = document.getElementById(id);
  if (!tile) {
    tile = document.createElement('div');
    tile.id = id;
    tile.className = 'tile';
    tile.dataset.identity = p.identity;
    const name = document.createElement('span');
    name.className = 'name';
    name.textContent = p.name || p.identity;
    tile.append(name);
    fields.tiles.append(tile);
  }
  return tile;
}

function markEncrypted(p: Participant, encrypted: boolean): void {
  tileOf(p).querySelector('.name')?.classList.toggle('encrypted', encrypted);
}

function onTrack(track: RemoteTrack, publication: RemoteTrackPublication, p: RemoteParticipant): void {
  const media = track.attach();
  media.dataset.sid = publication.trackSid;
  media.dataset.source = publication.source;
  tileOf(p).prepend(media);
}

// ---- a meeting ----

function listen(room: Room): void {
  room
    .on(RoomEvent.TrackSubscribed, onTrack)
    .on(RoomEvent.TrackUnsubscribed, (track) => track.detach().forEach((media) => media.remove()))
    .on(RoomEvent.ParticipantConnected, (p) => tileOf(p))
    .on(RoomEvent.ParticipantDisconnected, (p) => document.getElementById(`tile-${p.sid}`)?.remove())
    .on(RoomEvent.LocalTrackPublished, (publication, p) => {
      if (publication.videoTrack) tileOf(p).prepend(publication.videoTrack.attach());
      drawControls();
    })
    .on(RoomEvent.LocalTrackUnpublished, (publication) => {
      publication.track?.detach().forEach((media) => media.remove());
      drawControls();
    })
    .on(RoomEvent.ActiveSpeakersChanged, (speakers) => {
      const speaking = new Set(speakers.map((p) => `tile-${p.sid}`));
      for (const tile of fields.tiles.children) tile.classList.toggle('speaking', speaking.has(tile.id));
    })
    .on(RoomEvent.ParticipantEncryptionStatusChanged, (encrypted, p) => p && markEncrypted(p, encrypted))
    .on(RoomEvent.EncryptionError, (error) => say(`Encryption: ${error.message}`, true))
    .on(RoomEvent.ConnectionStateChanged, (state) => say(describe(state)))
    .on(RoomEvent.Disconnected, () => {
      fields.stage.hidden = true;
      fields.join.hidden = false;
      fields.go.disabled = false;
      fields.tiles.replaceChildren();
    });
  room.registerTextStreamHandler(TOPIC, async (reader, from) => {
    show({ from: from.identity, text: await reader.readAll() });
  });
}

function describe(state: ConnectionState): string {
  switch (state) {
    case ConnectionState.Connected:
      return `Connected to ${test.room?.name ?? 'the room'}`;
    case ConnectionState.Connecting:
      return 'Connecting';
    case ConnectionState.Disconnected:
      return 'Not connected';
    default:
      return 'Reconnecting';
  }
}

async function encryptionOf(key: string): Promise<E2EEOptions> {
  const keyProvider = new ExternalE2EEKeyProvider();
  await keyProvider.setKey(key);
  return { keyProvider, worker: new E2EEWorker() };
}

async function join(options: JoinOptions): Promise<void> {
  const encryption = options.key ? await encryptionOf(options.key) : undefined;
  const room = new Room({ ...options.room, ...(encryption && { encryption }) });
  test.room = room;
  listen(room);
  if (encryption) await room.setE2EEEnabled(true);
  await room.connect(options.url ?? location.origin.replace(/^http/, 'ws'), options.token);
  fields.stage.hidden = false;
  fields.join.hidden = true;
  tileOf(room.localParticipant);
  room.remoteParticipants.forEach((p) => tileOf(p));
  drawControls();
}

function show(message: Message): void {
  test.messages.push(message);
  const line = document.createElement('li');
  const from = document.createElement('b');
  from.textContent = message.from;
  line.append(from, message.text);
  fields.messages.prepend(line);
}

// ---- controls ----

function drawControls(): void {
  const me = test.room?.localParticipant;
  const on = (source: Track.Source) => {
    const publication = me?.getTrackPublication(source);
    return String(Boolean(publication && !publication.isMuted));
  };
  fields.mic.setAttribute('aria-pressed', on(Track.Source.Microphone));
  fields.cam.setAttribute('aria-pressed', on(Track.Source.Camera));
  fields.screen.setAttribute('aria-pressed', on(Track.Source.ScreenShare));
}

function toggle(button: HTMLButtonElement, act: (room: Room, on: boolean) => Promise<unknown>): void {
  button.addEventListener('click', async () => {
    if (!test.room) return;
    button.disabled = true;
    try {
      await act(test.room, button.getAttribute('aria-pressed') !== 'true');
    } catch (error) {
      say(error instanceof Error ? error.message : String(error), true);
    }
    button.disabled = false;
    drawControls();
  });
}

toggle(fields.mic, (room, on) => room.localParticipant.setMicrophoneEnabled(on));
toggle(fields.cam, (room, on) => room.localParticipant.setCameraEnabled(on));
toggle(fields.screen, (room, on) => room.localParticipant.setScreenShareEnabled(on, { audio: true }));
fields.leave.addEventListener('click', () => void test.room?.disconnect());

fields.e2ee.addEventListener('change', () => {
  fields.keyField.hidden = !fields.e2ee.checked;
});

fields.join.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (fields.e2ee.checked && !fields.key.value) {
    say('Encryption needs a key: type the same one in both tabs.', true);
    return;
  }
  fields.go.disabled = true;
  try {
    await join({
      token: fields.token.value,
      ...(fields.e2ee.checked && { key: fields.key.value }),
    });
  } catch (error) {
    say(error instanceof Error ? error.message : String(error), true);
    fields.go.disabled = false;
  }
});

fields.write.addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = fields.text.value.trim();
  if (!text || !test.room) return;
  fields.text.value = '';
  await test.room.localParticipant.sendText(text, { topic: TOPIC });
  show({ from: test.room.localParticipant.identity, text });
});

// The token is taken from the fragment, and out of the address bar and this history entry at once.
const fragment = new URLSearchParams(location.hash.slice(1));
if (location.hash) history.replaceState(null, '', location.pathname);
fields.token.value = fragment.get('token') ?? '';
