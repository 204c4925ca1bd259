// SPDX-License-Identifier: Apache-2.0
// What whoever runs the server may ask of it.
import type { Api, Room, User } from '../../api';

export interface Stats {
  users: number;
  superadmins: number;
  activeRooms: number;
  suspendedRooms: number;
  archivedRooms: number;
  meetings: number;
  online: number;
  version: string;
}

export interface AdminUser extends User {
  isActive: boolean;
}

export interface AdminRoom extends Room {
  ownerName: string;
  ownerEmail: string;
}

export interface Invite {
  id: string;
  token: string;
  email: string;
  used: boolean;
  createdAt: string | null;
  expiresAt: string | null;
}

export type ServerValues = Record<string, string | number | boolean>;

export const PAGE = 50;
const part = encodeURIComponent;

const query = (search: string, page: number): string => `?q=${part(search)}&page=${page}&limit=${PAGE}`;

export const stats = (api: Api, signal?: AbortSignal): Promise<Stats> => api.get('/admin/stats', signal);

export const users = (api: Api, search: string, page: number, signal?: AbortSignal) =>
  api.get<{ users: AdminUser[]; total: number }>(`/admin/users${query(search, page)}`, signal);

export const setActive = (api: Api, id: string, active: boolean) =>
  api.put(`/admin/users/${part(id)}/status`, { active });

export const setAdmin = (api: Api, id: string, isAdmin: boolean) =>
  api.put(`/admin/users/${part(id)}/accesses`, { accesses: isAdmin ? ['user', 'superadmin'] : ['user'] });

export const signOutEverywhere = (api: Api, id: string) => api.post(`/admin/users/${part(id)}/force-logout`);

export const rooms = (api: Api, search: string, page: number, signal?: AbortSignal) =>
  api.get<{ rooms: AdminRoom[]; total: number }>(`/admin/rooms${query(search, page)}`, signal);

export const setSuspended = (api: Api, id: string, suspended: boolean) =>
  api.post(`/admin/rooms/${part(id)}/${suspended ? 'suspend' : 'reactivate'}`);

export const deleteRoom = (api: Api, id: string) => api.delete(`/admin/rooms/${part(id)}`);

export const invites = (api: Api, signal?: AbortSignal) =>
  api.get<{ tokens: Invite[] }>('/admin/invite-tokens?limit=100', signal);

export const createInvite = (api: Api, email: string, expiresInHours: number): Promise<Invite> =>
  api.post('/admin/invite-tokens', { expiresInHours, ...(email && { email }) });

export const revokeInvite = (api: Api, id: string) => api.delete(`/admin/invite-tokens/${part(id)}`);

export const settings = (api: Api, signal?: AbortSignal): Promise<ServerValues> => api.get('/admin/settings', signal);

export const setSettings = (api: Api, change: ServerValues): Promise<ServerValues> =>
  api.put('/admin/settings', change);
