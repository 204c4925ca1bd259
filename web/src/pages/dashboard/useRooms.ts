// SPDX-License-Identifier: Apache-2.0
// The rooms of whoever is signed in, as the page shows them.
import { useCallback, useMemo, useState } from 'react';
import { listRooms, type Room } from '../../api';
import { useApi, useUser } from '../../app/services';
import { useLoad } from '../useLoad';
import { arrange, type Filter, type Order } from './order';

const EVERY_MS = 15_000;

export interface Wish {
  search: string;
  filter: Filter;
  order: Order;
}

export function useRooms() {
  const api = useApi();
  const user = useUser()?.id ?? '';
  const [wish, setWish] = useState<Wish>({ search: '', filter: 'all', order: 'active' });
  const load = useCallback((signal: AbortSignal) => listRooms(api, signal), [api]);
  const { state, reload, set } = useLoad(load, EVERY_MS);
  const all = state.status === 'there' ? state.value : null;
  const { live, idle } = useMemo(() => arrange(all ?? [], { ...wish, user }), [all, wish, user]);
  return {
    ...{ state, reload, wish, live, idle },
    total: all?.length ?? 0,
    setWish: (change: Partial<Wish>) => setWish((before) => ({ ...before, ...change })),
    isOwn: (room: Room) => room.createdBy === user || room.adminId === user,
    put: (room: Room) => set((rooms) => [room, ...rooms.filter(({ id }) => id !== room.id)]),
    remove: (id: string) => set((rooms) => rooms.filter((room) => room.id !== id)),
  };
}

export type Rooms = ReturnType<typeof useRooms>;
