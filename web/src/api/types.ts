// SPDX-License-Identifier: Apache-2.0
// What the server answers, as far as the pages look at it.

export interface User {
  id: string;
  email: string;
  name: string;
  provider: string;
  avatarUrl: string;
  accesses: string[];
  isAdmin: boolean;
  createdAt: string | null;
}

export interface Entry {
  user: User;
  accessToken: string;
}

export interface RoomSettings {
  allowChat: boolean;
  allowVideo: boolean;
  allowAudio: boolean;
  requireApproval: boolean;
  e2ee: boolean;
  isPersistent: boolean;
  recordingsAllowed: boolean;
}

export interface Room {
  id: string;
  name: string;
  createdBy: string;
  adminId: string;
  mode: 'standard' | 'webinar' | 'broadcast';
  isActive: boolean;
  isPublic: boolean;
  /** 0: as many as the server takes. */
  maxParticipants: number;
  settings: RoomSettings;
  createdAt: string | null;
  lastActivityAt: string | null;
  deletedAt?: string;
  /** People inside now; missing where the server does not say. */
  participantsCount?: number;
}

/** A room one may enter, with the way in. */
export interface Admission extends Room {
  token: string;
  /** The media server's WebSocket address. */
  livekitHost: string;
}

/** A room of ours that is over, and may be made again as it was. */
export interface ArchivedOwned {
  status: 'archived_owned';
  name: string;
  mode: Room['mode'];
  settings: RoomSettings;
}

export interface RoomCheck {
  exists: true;
  id: string;
  name: string;
  e2ee: boolean;
  count: number;
  maxParticipants: number;
}

export interface ServerSettings {
  serverName: string;
  registrationEnabled: boolean;
  tokenRegistrationOnly: boolean;
  guestLoginEnabled: boolean;
  passkeysEnabled: boolean;
  oauthProviders: string[];
}

export interface LoginSession {
  id: string;
  client: string;
  current: boolean;
  createdAt: string | null;
  lastUsedAt: string | null;
}
