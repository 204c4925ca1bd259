// SPDX-License-Identifier: Apache-2.0
// Which rooms are shown, and in which order.
import type { Room } from '../../api';
import { roomTitle } from '../../ui';

export type Filter = 'all' | 'mine' | 'encrypted';
export type Order = 'active' | 'name' | 'newest';

interface Wish {
  search: string;
  filter: Filter;
  order: Order;
  /** Whose rooms are "mine". */
  user: string;
}

const plain = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase();

export function matches(room: Room, search: string): boolean {
  const text = plain(`${room.name} ${roomTitle(room.name)}`);
  return plain(search)
    .split(/\s+/)
    .every((word) => text.includes(word));
}

const time = (text: string | null): number => new Date(text ?? 0).getTime();

const ORDERS: Record<Order, (a: Room, b: Room) => number> = {
  active: (a, b) => time(b.lastActivityAt) - time(a.lastActivityAt),
  name: (a, b) => a.name.localeCompare(b.name),
  newest: (a, b) => time(b.createdAt) - time(a.createdAt),
};

export const isLive = (room: Room): boolean => (room.participantsCount ?? 0) > 0;

/** Live rooms, and the others. What is searched is searched in both; the filter is for the others. */
export function arrange(rooms: readonly Room[], { search, filter, order, user }: Wish): { live: Room[]; idle: Room[] } {
  const found = rooms.filter((room) => matches(room, search)).sort(ORDERS[order]);
  const passes = (room: Room): boolean =>
    filter === 'all' || (filter === 'mine' ? room.createdBy === user : room.settings.e2ee);
  return { live: found.filter(isLive), idle: found.filter((room) => !isLive(room) && passes(room)) };
}
