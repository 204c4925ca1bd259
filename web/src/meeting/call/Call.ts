// SPDX-License-Identifier: Apache-2.0
// One meeting as the pages see it. The SDK's room and, in an encrypted meeting, its manager change behind it; `state` is what
// is shown, made anew when something changed and never altered. What must not be shown or played is not in it.
import {
  type DisconnectReason,
  type Participant,
  type RemoteParticipant,
  type RemoteTrackPublication,
  type Room,
  RoomEvent,
} from 'livekit-client';
import type { Admission } from '../../api';
import type { KeyClient } from '../../e2ee/client';
import type { Manager } from '../../e2ee/manager';
import type { Meeting } from '../../e2ee/meeting';
import type { Rotation } from '../../e2ee/messages';
import { ChatLog } from '../chat/ChatLog';
import { FileStore, listenForFiles } from '../chat/files';
import { listenForText } from '../chat/text';
import type { Ending } from '../handoff';
import { Audience } from './Audience';
import { endingOf, endingOfNotice } from './ending';
import { Media } from './Media';
import { readNotice, type ServerNotice } from './notices';
import type { PersonView } from './people';
import { Signals } from './Signals';
import { type CallState, CHANGES, lookAt, NO_STATE } from './state';
import { Watched } from './Watched';

export interface DataMessage {
  payload: Uint8Array;
  topic: string;
  from: string;
}

export class Call extends Watched<CallState> {
  readonly room: Room;
  /** null: this meeting is not encrypted. */
  readonly manager: Manager | null;
  readonly audience = new Audience();
  readonly media: Media;
  /** Who speaks; changes far more often than the rest. */
  readonly speakers = new Watched<ReadonlySet<string>>(new Set());
  readonly signals = new Signals({ self: () => this.self, send: (...all) => this.send(...all) });
  readonly chat = new ChatLog({
    self: () => this.self,
    nameOf: (identity) => this.nameOf(identity),
    send: (...all) => this.send(...all),
  });
  readonly files = new FileStore();
  readonly startedMs = Date.now();
  #playable = new Set<string>();
  #keyWorker: CallState['keyWorker'] = 'alive';
  #rotation: Rotation | null = null;
  #isDeaf = false;
  #told: Ending | null = null;
  #isJoined = false;
  #isLeaving = false;
  #due = false;
  #noticeListeners = new Set<(notice: ServerNotice) => void>();
  #dataListeners = new Set<(message: DataMessage) => void>();

  constructor(
    { room, manager }: Meeting,
    readonly admission: Admission,
    readonly keys: KeyClient,
    private readonly onEnd: (ending: Ending) => void,
  ) {
    super(NO_STATE);
    this.room = room;
    this.manager = manager;
    this.media = new Media(room, () => this.#change());
    for (const event of CHANGES) room.on(event, () => this.#change());
    room.on(RoomEvent.ActiveSpeakersChanged, (speakers) =>
      this.speakers.set(new Set(speakers.map((one) => one.identity))),
    );
    room.on(RoomEvent.Connected, () => (this.#isJoined = true));
    room.on(RoomEvent.Disconnected, (reason) => this.#onDisconnected(reason));
    room.on(RoomEvent.DataReceived, (payload, person, _kind, topic) => this.#onData(payload, person, topic));
    room.on(RoomEvent.ParticipantConnected, ({ identity }) => void this.signals.onJoined(identity));
    room.on(RoomEvent.ParticipantDisconnected, ({ identity }) => this.signals.onLeft(identity));
    this.onData((message) => {
      this.signals.receive(message);
      this.chat.receive(message);
    });
    listenForText(room, this.chat);
    listenForFiles(this);
    if (manager) this.#listenToManager(manager);
    else this.#listenToClear(room);
  }

  get self(): string {
    return this.room.localParticipant.identity;
  }

  get owners(): readonly string[] {
    return [this.admission.adminId, this.admission.createdBy];
  }

  get me(): PersonView | undefined {
    return this.state.people.find(({ isLocal }) => isLocal);
  }

  /** What somebody is called, as the server says. */
  nameOf(identity: string): string {
    const person = identity === this.self ? this.room.localParticipant : this.room.remoteParticipants.get(identity);
    return person?.name || identity;
  }

  // ---- what pages do ----

  onNotice(listener: (notice: ServerNotice) => void): () => void {
    this.#noticeListeners.add(listener);
    return () => void this.#noticeListeners.delete(listener);
  }

  /** Messages of people, each with the sender that the server vouches for. */
  onData(listener: (message: DataMessage) => void): () => void {
    this.#dataListeners.add(listener);
    return () => void this.#dataListeners.delete(listener);
  }

  /** A JSON message to these people, or to all. Encrypted where the meeting is. */
  async send(topic: string, message: object, to: readonly string[] = []): Promise<void> {
    const payload = new TextEncoder().encode(JSON.stringify(message));
    await this.room.localParticipant.publishData(payload, { reliable: true, topic, destinationIdentities: [...to] });
  }

  setDeaf(deaf: boolean): void {
    this.#isDeaf = deaf;
    this.audience.setDeaf(deaf);
    this.#change();
  }

  /** The video of those who are on no page that is shown is not asked for. */
  showVideos(shown: ReadonlySet<string>): void {
    for (const person of this.room.remoteParticipants.values()) {
      for (const publication of person.videoTrackPublications.values()) {
        const wanted = shown.has(publication.trackSid);
        if (publication.isDesired !== wanted) publication.setSubscribed(wanted);
      }
    }
  }

  dismissRotation(): void {
    this.#rotation = null;
    this.#change();
  }

  async leave(): Promise<void> {
    this.#isLeaving = true;
    await this.room.disconnect();
  }

  /** Everything is let go of. */
  dispose(): void {
    this.media.end();
    this.audience.end();
    void this.room.disconnect().then(() => this.manager?.dispose());
  }

  // ---- what changes ----

  #listenToManager(manager: Manager): void {
    manager.when('playable', (publication, person, playable) => this.#setPlayable(publication, person, playable));
    manager.when('notice', (payload) => this.#onNotice(payload));
    manager.when('rotation', (rotation) => {
      this.#rotation = rotation.phase === 'settled' ? this.#rotation : rotation;
      this.#change();
    });
    manager.when('life', (life) => {
      this.#keyWorker = life === 'recovered' ? 'alive' : life;
      this.#change();
    });
  }

  #listenToClear(room: Room): void {
    room.on(RoomEvent.TrackSubscribed, (_track, publication, person) => this.#setPlayable(publication, person, true));
    room.on(RoomEvent.TrackUnsubscribed, (_track, publication, person) =>
      this.#setPlayable(publication, person, false),
    );
  }

  #setPlayable(publication: RemoteTrackPublication, person: RemoteParticipant, playable: boolean): void {
    if (playable) this.#playable.add(publication.trackSid);
    else this.#playable.delete(publication.trackSid);
    if (publication.kind === 'audio') this.audience.set(publication, person.identity, playable);
    this.#change();
  }

  #onData(payload: Uint8Array, person: Participant | undefined, topic = ''): void {
    if (topic === 'system') {
      // In an encrypted meeting the manager passes these on.
      if (!person && !this.manager) this.#onNotice(payload);
      return;
    }
    if (!person) return;
    for (const listener of this.#dataListeners) listener({ payload, topic, from: person.identity });
  }

  #onNotice(payload: Uint8Array): void {
    const notice = readNotice(payload);
    if (!notice) return;
    this.#told = endingOfNotice(notice, this.self) ?? this.#told;
    for (const listener of this.#noticeListeners) listener(notice);
  }

  #onDisconnected(reason?: DisconnectReason): void {
    const ending = endingOf(reason, this.#told);
    if (this.#keyWorker !== 'alive') this.onEnd({ kind: 'lost' });
    // Whoever stopped the meeting without us says why (`joinMeeting`).
    else if (this.#isJoined && (ending.kind !== 'left' || this.#isLeaving)) this.onEnd(ending);
  }

  /** Many things change at once: one look at them is enough. */
  #change(): void {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.set(this.#look());
    });
  }

  #look(): CallState {
    const facts = {
      playable: this.#playable,
      keyWorker: this.#keyWorker,
      rotation: this.#rotation,
      isDeaf: this.#isDeaf,
    };
    return lookAt(this.room, { ...facts, owners: this.owners, wasJoined: this.#isJoined });
  }
}
