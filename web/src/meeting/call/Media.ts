// SPDX-License-Identifier: Apache-2.0
// Our own microphone, camera and screen: on, off, and by which device. What could not be done is kept, to be told.
import {
  type AudioCaptureOptions,
  type Room,
  RoomEvent,
  ScreenSharePresets,
  Track,
  type VideoCaptureOptions,
} from 'livekit-client';
import type { MediaChoice } from '../handoff';
import { Watched } from './Watched';

export type MediaKind = 'microphone' | 'camera' | 'screen';

export type Trouble = 'denied' | 'missing' | 'in-use' | 'failed';

export interface MediaState {
  microphone: boolean;
  camera: boolean;
  screen: boolean;
  busy: ReadonlySet<MediaKind>;
  trouble: Partial<Record<MediaKind, Trouble>>;
  microphoneId: string;
  cameraId: string;
  speakerId: string;
  processing: Processing;
}

/** What the browser does to the sound. */
export interface Processing {
  noiseSuppression: boolean;
  echoCancellation: boolean;
  autoGainControl: boolean;
}

const PLAIN: Processing = { noiseSuppression: true, echoCancellation: true, autoGainControl: true };

const SOURCES = { microphone: Track.Source.Microphone, camera: Track.Source.Camera, screen: Track.Source.ScreenShare };

export function troubleOf(error: unknown): Trouble {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing';
  return name === 'NotReadableError' || name === 'AbortError' ? 'in-use' : 'failed';
}

export class Media extends Watched<MediaState> {
  #room: Room;
  #onChange: () => void;

  constructor(room: Room, onChange: () => void) {
    super({
      ...{ microphone: false, camera: false, screen: false, busy: new Set<MediaKind>(), trouble: {} },
      ...{ microphoneId: '', cameraId: '', speakerId: '', processing: PLAIN },
    });
    this.#room = room;
    this.#onChange = onChange;
    for (const event of [
      ...[RoomEvent.LocalTrackPublished, RoomEvent.LocalTrackUnpublished, RoomEvent.TrackMuted],
      ...[RoomEvent.TrackUnmuted, RoomEvent.ActiveDeviceChanged],
    ] as const) {
      room.on(event, () => this.#look());
    }
  }

  /** As it was chosen before coming in. */
  async begin({ microphone, camera, microphoneId = '', cameraId = '', speakerId = '' }: MediaChoice): Promise<void> {
    this.set({ ...this.state, microphoneId, cameraId, speakerId });
    await Promise.all([microphone && this.turn('microphone', true), camera && this.turn('camera', true)]);
  }

  toggle(kind: MediaKind): Promise<void> {
    return this.turn(kind, !this.state[kind]);
  }

  async turn(kind: MediaKind, on: boolean): Promise<void> {
    if (this.state.busy.has(kind)) return;
    this.#setBusy(kind, true);
    const { trouble } = this.state;
    try {
      await this.#turn(kind, on);
      this.set({ ...this.state, trouble: { ...trouble, [kind]: undefined } });
    } catch (error) {
      const what = troubleOf(error);
      // Whoever closes the browser's own question about a screen has changed their mind.
      if (kind !== 'screen' || what !== 'denied') this.set({ ...this.state, trouble: { ...trouble, [kind]: what } });
    } finally {
      this.#setBusy(kind, false);
      this.#look();
    }
  }

  /** The microphone off, even while it is still being switched on. */
  async release(): Promise<void> {
    while (this.state.busy.has('microphone')) await new Promise<void>((done) => this.#whenChanged(done));
    await this.turn('microphone', false);
  }

  #whenChanged(done: () => void): void {
    const stop = this.watch(() => {
      stop();
      done();
    });
  }

  async use(kind: 'audioinput' | 'videoinput', deviceId: string): Promise<void> {
    this.set({ ...this.state, ...(kind === 'audioinput' ? { microphoneId: deviceId } : { cameraId: deviceId }) });
    await this.#room.switchActiveDevice(kind, deviceId);
  }

  setSpeaker(speakerId: string): void {
    this.set({ ...this.state, speakerId });
  }

  /** Takes the microphone anew, if it is on. */
  async process(change: Partial<Processing>): Promise<void> {
    this.set({ ...this.state, processing: { ...this.state.processing, ...change } });
    const track = this.#room.localParticipant.getTrackPublication(Track.Source.Microphone)?.audioTrack;
    await (track as { restartTrack?: (options: AudioCaptureOptions) => Promise<void> } | undefined)?.restartTrack?.(
      this.#sound(),
    );
  }

  end(): void {
    for (const publication of this.#room.localParticipant.trackPublications.values()) publication.track?.stop();
  }

  #turn(kind: MediaKind, on: boolean): Promise<unknown> {
    const me = this.#room.localParticipant;
    if (kind === 'microphone') return me.setMicrophoneEnabled(on, this.#sound());
    if (kind === 'camera') return me.setCameraEnabled(on, this.#picture());
    return me.setScreenShareEnabled(
      on,
      { audio: true, selfBrowserSurface: 'exclude', surfaceSwitching: 'include', systemAudio: 'include' },
      { screenShareEncoding: ScreenSharePresets.h1080fps15.encoding, simulcast: false },
    );
  }

  #sound(): AudioCaptureOptions {
    const { microphoneId, processing } = this.state;
    return { ...processing, ...(microphoneId && { deviceId: microphoneId }) };
  }

  #picture(): VideoCaptureOptions {
    const { cameraId } = this.state;
    return cameraId ? { deviceId: cameraId } : {};
  }

  #setBusy(kind: MediaKind, is: boolean): void {
    const busy = new Set(this.state.busy);
    if (is) busy.add(kind);
    else busy.delete(kind);
    this.set({ ...this.state, busy });
  }

  #look(): void {
    const on = (kind: MediaKind): boolean => {
      const publication = this.#room.localParticipant.getTrackPublication(SOURCES[kind]);
      return publication !== undefined && !publication.isMuted;
    };
    this.set({ ...this.state, microphone: on('microphone'), camera: on('camera'), screen: on('screen') });
    this.#onChange();
  }
}
