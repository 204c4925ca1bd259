// SPDX-License-Identifier: Apache-2.0
import type { Api } from './client';
import type { Admission, ArchivedOwned, Entry, Room, RoomCheck, RoomSettings } from './types';

export interface NewRoom {
  name?: string;
  isPublic: boolean;
  maxParticipants: number;
  settings: Partial<RoomSettings>;
}

export interface RoomChange extends Partial<Omit<NewRoom, 'name'>> {
  /** Nothing else takes the encryption off. */
  disableE2ee?: true;
}

const part = encodeURIComponent;

export const listRooms = (api: Api, signal?: AbortSignal): Promise<Room[]> => api.get('/room/list', signal);

export const listArchived = (api: Api, signal?: AbortSignal): Promise<{ rooms: Room[]; total: number }> =>
  api.get('/room/archived?limit=100', signal);

export const createRoom = (api: Api, room: NewRoom): Promise<Room> => api.post('/room/create', room);

export const changeRoom = (api: Api, id: string, change: RoomChange): Promise<Room> =>
  api.put(`/room/${part(id)}/settings`, change);

export const archiveRoom = (api: Api, id: string): Promise<unknown> => api.delete(`/room/${part(id)}`);

export const checkRoom = (api: Api, name: string, signal?: AbortSignal): Promise<RoomCheck> =>
  api.get(`/room/check/${part(name)}`, signal);

export const joinRoom = (api: Api, roomName: string): Promise<Admission | ArchivedOwned> =>
  api.post('/room/join', { roomName });

/** Without an account. The answer carries the tokens of the guest, too. */
export const joinAsGuest = (api: Api, roomName: string, guestName: string): Promise<Admission & Partial<Entry>> =>
  api.post('/room/guest-join', { roomName, guestName });
