// SPDX-License-Identifier: Apache-2.0
// What the lock of a person says. Each state has an icon and a word, so that it never depends on a colour.
import { CircleDashed, Hourglass, KeyRound, Lock, type LucideIcon, ShieldAlert, ShieldBan } from 'lucide-react';
import type { PersonHealth, State } from '../../e2ee/health';

export const LOCK_ICONS: Record<State, LucideIcon> = {
  encrypted: Lock,
  waiting: Hourglass,
  'wrong-key': KeyRound,
  blocked: ShieldBan,
  silent: CircleDashed,
  cannot: ShieldAlert,
};

/** States in which words stand in place of the picture. */
export const PROBLEMS = ['waiting', 'wrong-key', 'blocked'] as const;
export type Problem = (typeof PROBLEMS)[number];

/**
 * For whoever is said to be waiting only because their connection is young, the tile says so; once something of theirs was
 * seen, a pause is no problem to show over their picture.
 */
export function problemOf(health: PersonHealth | undefined, isLocal: boolean): Problem | null {
  if (!health || isLocal) return null;
  return PROBLEMS.find((one) => one === health.state) ?? null;
}
