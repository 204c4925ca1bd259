// SPDX-License-Identifier: Apache-2.0
// What the pages know of the people of a meeting, read anew from the SDK's objects whenever something changed.
import {
  ConnectionQuality,
  type LocalParticipant,
  type Participant,
  type RemoteParticipant,
  type Room,
  Track,
  type TrackPublication,
} from 'livekit-client';

export type Role = 'host' | 'moderator' | 'guest' | 'member';

export interface PersonView {
  identity: string;
  name: string;
  isLocal: boolean;
  role: Role;
  /** `none`: no microphone is there at all. */
  microphone: 'on' | 'off' | 'none';
  /** Published and not switched off. */
  camera: TrackPublication | null;
  screen: TrackPublication | null;
  /** A screen is shared with its sound. */
  hasScreenSound: boolean;
  isPoor: boolean;
  chatBlocked: boolean;
  avatarUrl?: string;
}

export interface TileView {
  /** The identity, with a mark for a shared screen. */
  id: string;
  person: PersonView;
  source: 'camera' | 'screen';
}

interface Metadata {
  accesses: readonly string[];
  chatBlocked: boolean;
  avatarUrl?: string;
}

/** Other apps write other things there. */
export function readPersonMetadata(text: string | undefined): Metadata {
  const nothing: Metadata = { accesses: [], chatBlocked: false };
  try {
    const value: unknown = JSON.parse(text || '{}');
    if (typeof value !== 'object' || value === null) return nothing;
    const { accesses, chatBlocked, avatarUrl } = value as Record<string, unknown>;
    return {
      accesses: Array.isArray(accesses) ? accesses.filter((one): one is string => typeof one === 'string') : [],
      chatBlocked: chatBlocked === true,
      // Pictures of this server only: any other address would tell its owner who is in a meeting.
      ...(typeof avatarUrl === 'string' && /^\/uploads\/[\w./-]+$/.test(avatarUrl) && { avatarUrl }),
    };
  } catch {
    return nothing;
  }
}

export function roleOf(identity: string, accesses: readonly string[], owners: readonly string[]): Role {
  if (owners.includes(identity)) return 'host';
  if (['superadmin', 'admin', 'moderator', 'owner'].some((one) => accesses.includes(one))) return 'moderator';
  return accesses.includes('guest') ? 'guest' : 'member';
}

const POOR: readonly ConnectionQuality[] = [ConnectionQuality.Poor, ConnectionQuality.Lost];

function viewPerson(person: LocalParticipant | RemoteParticipant, owners: readonly string[]): PersonView {
  const { accesses, ...rest } = readPersonMetadata(person.metadata);
  const microphone = person.getTrackPublication(Track.Source.Microphone);
  const sent = (source: Track.Source): TrackPublication | null => {
    const publication = person.getTrackPublication(source);
    return publication && !publication.isMuted ? publication : null;
  };
  return {
    ...{ identity: person.identity, name: person.name || person.identity, isLocal: person.isLocal },
    role: roleOf(person.identity, accesses, owners),
    microphone: microphone ? (microphone.isMuted ? 'off' : 'on') : 'none',
    ...{ camera: sent(Track.Source.Camera), screen: sent(Track.Source.ScreenShare) },
    hasScreenSound: sent(Track.Source.ScreenShareAudio) !== null,
    isPoor: POOR.includes(person.connectionQuality),
    ...rest,
  };
}

const joined = ({ joinedAt }: Participant): number => joinedAt?.getTime() ?? 0;

/** In the order in which they came; we are the last. */
export function viewPeople(room: Room, owners: readonly string[]): PersonView[] {
  const others = [...room.remoteParticipants.values()].sort((a, b) => joined(a) - joined(b));
  return [...others, room.localParticipant].filter(({ identity }) => identity).map((one) => viewPerson(one, owners));
}

export const screenId = (identity: string): string => `${identity} screen`;

export function tilesOf(people: readonly PersonView[]): TileView[] {
  const screens = people.filter(({ screen }) => screen);
  return [
    ...screens.map((person): TileView => ({ id: screenId(person.identity), person, source: 'screen' })),
    ...people.map((person): TileView => ({ id: person.identity, person, source: 'camera' })),
  ];
}

export const canModerate = ({ role }: PersonView): boolean => role === 'host' || role === 'moderator';
