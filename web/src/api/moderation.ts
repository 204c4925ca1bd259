// SPDX-License-Identifier: Apache-2.0
// What owners and moderators do to those in a meeting.
import type { Api } from './client';

const PATHS = {
  kick: 'kick/:who',
  ban: 'ban/:who',
  mute: 'mute/:who',
  videoOff: 'video/:who/off',
  screenOff: 'screenshare/:who/stop',
  promote: 'promote/:who',
  demote: 'demote/:who',
  blockChat: 'chat/:who/block',
  unblockChat: 'chat/:who/unblock',
  bringOnStage: 'stage/:who/bring',
  takeOffStage: 'stage/:who/remove',
  deafen: 'deafen/:who',
  undeafen: 'undeafen/:who',
  askUnmute: 'ask/:who/unmute',
  askCamera: 'ask/:who/camera',
  spotlight: 'spotlight/:who',
} as const;

export type Moderation = keyof typeof PATHS;

const part = encodeURIComponent;

export const moderate = (api: Api, roomId: string, act: Moderation, identity: string): Promise<unknown> =>
  api.post(`/room/${part(roomId)}/${PATHS[act].replace(':who', part(identity))}`);

export const endMeeting = (api: Api, roomId: string): Promise<unknown> => api.post(`/room/${part(roomId)}/end`);

/** Somebody who asked to come in. */
export interface Waiting {
  identity: string;
  name: string;
  avatarUrl: string;
  askedAt: string | null;
}

export const listLobby = (api: Api, roomId: string): Promise<{ waiting: Waiting[] }> =>
  api.get(`/room/${part(roomId)}/lobby`);

export const answerLobby = (api: Api, roomId: string, identity: string, admit: boolean): Promise<unknown> =>
  api.post(`/room/${part(roomId)}/lobby/${part(identity)}/${admit ? 'admit' : 'deny'}`);
