// SPDX-License-Identifier: Apache-2.0
// The connection test: joins a room, shows who is there and what is known of their encryption, and lets people see, hear and
// write to each other. Tests drive this page through `window.connectionTest`.
import {
  ConnectionState,
  type Participant,
  type RemoteTrackPublication,
  type Room,
  RoomEvent,
  type RoomOptions,
  Track,
} from 'livekit-client';
import type { KeyClient } from '../e2ee/client';
import type { Manager, ManagerOptions } from '../e2ee/manager';
import { joinMeeting, type Meeting, roomOfToken, Stopped } from '../e2ee/meeting';
import { showLock } from './lock';
import { element } from './page';
import { describePerson, describeStop } from './words';

const TOPIC = 'chat';

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

interface JoinOptions {
  token: string;
  /** A link or a key; with `make` a new one. Neither: what the page was opened with, or clear. */
  key?: string;
  make?: 128 | 256;
  url?: string;
  room?: RoomOptions;
  path?: ManagerOptions['path'];
  auto?: boolean;
  onRoom?: (room: Room) => void;
}

interface ConnectionTest {
  keys: KeyClient;
  room: Room | null;
  manager: Manager | null;
  messages: Message[];
  notices: string[];
  errors: string[];
  readonly events: readonly string[];
  join(options: JoinOptions): Promise<void>;
  leave(): Promise<void>;
}

declare global {
  interface Window {
    connectionTest: ConnectionTest;
  }
}

let test: ConnectionTest;

function say(text: string, isError = false): void {
  fields.status.textContent = text;
  fields.status.classList.toggle('error', isError);
  if (isError) test.errors.push(text);
}

function sayError(error: unknown): void {
  say(error instanceof Stopped ? describeStop(error) : error instanceof Error ? error.message : String(error), true);
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
    const [name, state] = [document.createElement('span'), document.createElement('span')];
    name.className = 'name';
    name.textContent = p.name || p.identity;
    state.className = 'state';
    name.append(state);
    tile.append(name);
    fields.tiles.append(tile);
  }
  return tile;
}

function removeTile(p: Participant): void {
  document.getElementById(`tile-${p.sid}`)?.remove();
}

/** Shows and plays a track, or stops doing so. */
function setPlaying({ track, trackSid, source }: RemoteTrackPublication, p: Participant, playing: boolean): void {
  for (const media of tileOf(p).querySelectorAll<HTMLMediaElement>(`[data-sid="${trackSid}"]`)) {
    track?.detach(media);
    media.remove();
  }
  if (!playing || !track) return;
  const media = track.attach();
  media.dataset.sid = trackSid;
  media.dataset.source = source;
  tileOf(p).prepend(media);
}

function showHealth(manager: Manager): void {
  for (const person of manager.health.getSnapshot().people) {
    const tile = [...fields.tiles.children].find((one) => (one as HTMLElement).dataset.identity === person.identity);
    const state = tile?.querySelector<HTMLElement>('.state');
    if (!state) continue;
    state.dataset.state = person.state;
    state.textContent = ` · ${describePerson(person)}`;
  }
}

// ---- a meeting ----

function listen(room: Room): void {
  room
    .on(RoomEvent.ParticipantConnected, (p) => tileOf(p))
    .on(RoomEvent.ParticipantDisconnected, removeTile)
    .on(RoomEvent.LocalTrackPublished, (publication, p) => {
      if (publication.videoTrack) tileOf(p).prepend(publication.videoTrack.attach());
      drawControls();
    })
    .on(RoomEvent.LocalTrackUnpublished, (publication) => {
      publication.track?.detach().forEach((media) => media.remove());
      drawControls();
    })
    .on(RoomEvent.TrackUnsubscribed, (track) => track.detach().forEach((media) => media.remove()))
    .on(RoomEvent.ActiveSpeakersChanged, (speakers) => {
      const speaking = new Set(speakers.map((p) => `tile-${p.sid}`));
      for (const tile of fields.tiles.children) tile.classList.toggle('speaking', speaking.has(tile.id));
    })
    .on(RoomEvent.ConnectionStateChanged, (state) => {
      // Why a meeting ended stays to be read.
      const isTold = state === ConnectionState.Disconnected && fields.status.classList.contains('error');
      if (!isTold) say(describe(state));
    })
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

function prepare({ room, manager }: Meeting, onRoom?: JoinOptions['onRoom']): void {
  test.room = room;
  test.manager = manager;
  listen(room);
  onRoom?.(room);
  if (!manager) {
    room.on(RoomEvent.TrackSubscribed, (_track, publication, p) => setPlaying(publication, p, true));
    return;
  }
  manager.when('playable', setPlaying);
  manager.when('notice', (payload) => test.notices.push(new TextDecoder().decode(payload)));
  manager.when('life', (life) => {
    const lost = 'The part of this page that encrypts has failed; nothing is sent.';
    say(life === 'recovered' ? 'Encrypting again' : life === 'gone' ? lost : `${lost} Join again with the link.`, life !== 'recovered');
  });
  manager.health.subscribe(() => showHealth(manager));
  showLock(test.keys, manager, sayError);
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

async function join({ token, key, make, url, room, path, auto = true, onRoom }: JoinOptions): Promise<void> {
  const { keys } = test;
  await keys.enter(roomOfToken(token));
  if (key) await keys.paste(key);
  else if (make && keys.key.status === 'none') await keys.make(make);
  const meeting = await joinMeeting({
    ...{ keys, token, autoSubscribe: auto, onStopped: sayError },
    prepare: (meeting) => prepare(meeting, onRoom),
    url: url ?? location.origin.replace(/^http/, 'ws'),
    ...(room && { room }),
    ...(path && { path }),
  });
  fields.stage.hidden = false;
  fields.join.hidden = true;
  tileOf(meeting.room.localParticipant);
  meeting.room.remoteParticipants.forEach((p) => tileOf(p));
  if (meeting.manager) showHealth(meeting.manager);
  drawControls();
}

/** Leaves for good: the key is erased. */
async function leave(): Promise<void> {
  await test.room?.disconnect();
  test.manager?.dispose();
  await test.keys.leave();
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
    await act(test.room, button.getAttribute('aria-pressed') !== 'true').catch(sayError);
    button.disabled = false;
    drawControls();
  });
}

async function onJoin(): Promise<void> {
  const { e2ee, key, token, go } = fields;
  go.disabled = true;
  try {
    const wish = e2ee.checked ? (key.value ? { key: key.value } : { make: 128 as const }) : {};
    await join({ token: token.value, ...wish });
    key.value = '';
  } catch (error) {
    sayError(error);
    go.disabled = false;
  }
}

async function onWrite(): Promise<void> {
  const text = fields.text.value.trim();
  if (!text || !test.room) return;
  fields.text.value = '';
  await test.room.localParticipant.sendText(text, { topic: TOPIC });
  show({ from: test.room.localParticipant.identity, text });
}

function listenToControls(): void {
  toggle(fields.mic, (room, on) => room.localParticipant.setMicrophoneEnabled(on));
  toggle(fields.cam, (room, on) => room.localParticipant.setCameraEnabled(on));
  toggle(fields.screen, (room, on) => room.localParticipant.setScreenShareEnabled(on, { audio: true }));
  fields.leave.addEventListener('click', () => void leave().catch(sayError));
  fields.e2ee.addEventListener('change', () => {
    fields.keyField.hidden = !fields.e2ee.checked || fields.e2ee.disabled;
  });
  fields.join.addEventListener('submit', (event) => {
    event.preventDefault();
    void onJoin();
  });
  fields.write.addEventListener('submit', (event) => {
    event.preventDefault();
    void onWrite().catch(sayError);
  });
}

/** A page that was opened with a key joins encrypted or not at all. */
function showKey(keys: KeyClient): void {
  if (keys.key.status === 'none') return;
  fields.e2ee.checked = fields.e2ee.disabled = true;
  fields.keyField.hidden = true;
}

export async function start(keys: KeyClient): Promise<void> {
  test = { ...{ keys, room: null, manager: null, events: Object.values(RoomEvent) }, ...{ messages: [], notices: [], errors: [] }, ...{ join, leave } };
  listenToControls();
  keys.watch(() => showKey(keys));
  const { token = '' } = await keys.others;
  fields.token.value = token;
  showKey(keys);
  window.connectionTest = test;
}
