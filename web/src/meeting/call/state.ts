// SPDX-License-Identifier: Apache-2.0
// What of a meeting is shown, read from the SDK's room.
import { ConnectionState, type Room, RoomEvent } from 'livekit-client';
import type { Rotation } from '../../e2ee/messages';
import { type PersonView, viewPeople } from './people';

export interface CallState {
  connection: 'joining' | 'connected' | 'reconnecting';
  people: readonly PersonView[];
  /** Remote tracks that may be shown. */
  playable: ReadonlySet<string>;
  /** The browser plays no sound before the page is touched. */
  needsTouch: boolean;
  canSpeak: boolean;
  canWrite: boolean;
  keyWorker: 'alive' | 'gone' | 'lost';
  rotation: Rotation | null;
  isDeaf: boolean;
}

export const CHANGES = [
  ...[RoomEvent.ParticipantConnected, RoomEvent.ParticipantDisconnected, RoomEvent.ParticipantNameChanged],
  ...[RoomEvent.TrackPublished, RoomEvent.TrackUnpublished, RoomEvent.TrackMuted, RoomEvent.TrackUnmuted],
  ...[RoomEvent.TrackSubscribed, RoomEvent.TrackUnsubscribed, RoomEvent.ConnectionQualityChanged],
  ...[RoomEvent.LocalTrackPublished, RoomEvent.LocalTrackUnpublished, RoomEvent.ParticipantMetadataChanged],
  ...[RoomEvent.ParticipantPermissionsChanged, RoomEvent.ConnectionStateChanged, RoomEvent.AudioPlaybackStatusChanged],
] as const;

export const NO_STATE: CallState = {
  ...{ connection: 'joining', people: [], playable: new Set(), needsTouch: false, canSpeak: true, canWrite: true },
  ...{ keyWorker: 'alive', rotation: null, isDeaf: false },
};

export interface Known extends Pick<CallState, 'playable' | 'keyWorker' | 'rotation' | 'isDeaf'> {
  owners: readonly string[];
  wasJoined: boolean;
}

export function lookAt(room: Room, { owners, wasJoined, playable, ...rest }: Known): CallState {
  const { permissions } = room.localParticipant;
  // Without its WebSocket for a moment a meeting still has sound and picture: nothing to bother people with.
  const isConnected = room.state === ConnectionState.Connected || room.state === ConnectionState.SignalReconnecting;
  return {
    connection: isConnected ? 'connected' : wasJoined ? 'reconnecting' : 'joining',
    people: viewPeople(room, owners),
    playable: new Set(playable),
    needsTouch: !room.canPlaybackAudio,
    canSpeak: permissions?.canPublish ?? true,
    canWrite: permissions?.canPublishData ?? true,
    ...rest,
  };
}
