// SPDX-License-Identifier: Apache-2.0
// Where the navigation leads.
import {
  Archive,
  DoorOpen,
  LayoutDashboard,
  type LucideIcon,
  Server,
  SlidersHorizontal,
  Ticket,
  User,
  Users,
} from 'lucide-react';

export interface Place {
  href: string;
  icon: LucideIcon;
  word: 'rooms' | 'archived' | 'account' | 'overview' | 'users' | 'allRooms' | 'invites' | 'settings';
}

export const OWN: readonly Place[] = [
  { href: '/dashboard', icon: DoorOpen, word: 'rooms' },
  { href: '/dashboard/archived', icon: Archive, word: 'archived' },
  { href: '/account', icon: User, word: 'account' },
];

export const ADMIN: readonly Place[] = [
  { href: '/dashboard/admin', icon: LayoutDashboard, word: 'overview' },
  { href: '/dashboard/admin/users', icon: Users, word: 'users' },
  { href: '/dashboard/admin/rooms', icon: Server, word: 'allRooms' },
  { href: '/dashboard/admin/invites', icon: Ticket, word: 'invites' },
  { href: '/dashboard/admin/settings', icon: SlidersHorizontal, word: 'settings' },
];
