// SPDX-License-Identifier: Apache-2.0
// What the pill in the bar says, worst first.
import type { MeetingHealth } from '../../e2ee/health';
import type { KeyState } from '../../e2ee/messages';

export type PillTone = 'blocked' | 'waiting' | 'enc' | 'plain';

export interface PillView {
  tone: PillTone;
  icon: 'ban' | 'key' | 'hourglass' | 'lock' | 'ready' | 'off';
  /** Which words, each with a number if it has one. */
  parts: readonly {
    word: 'blocked' | 'wrongKey' | 'waiting' | 'encrypted' | 'ready' | 'off' | 'old' | 'differs' | 'cannot';
    count?: number;
  }[];
}

/** `health` is null in a meeting without encryption. */
export function pillOf(health: MeetingHealth | null, key: Pick<KeyState, 'old'>): PillView {
  if (!health) return { tone: 'plain', icon: 'off', parts: [{ word: 'off' }] };
  if (health.state === 'cannot') return { tone: 'blocked', icon: 'ban', parts: [{ word: 'cannot' }] };
  if (key.old) return { tone: 'blocked', icon: 'key', parts: [{ word: 'old' }] };
  if (health.allDiffer) return { tone: 'blocked', icon: 'key', parts: [{ word: 'differs' }] };
  const parts = (['blocked', 'wrongKey', 'waiting'] as const)
    .filter((word) => health[word] > 0)
    .map((word) => ({ word, count: health[word] }));
  if (parts.length > 0) {
    const worst = parts[0]?.word;
    return {
      tone: worst === 'waiting' ? 'waiting' : 'blocked',
      icon: worst === 'blocked' ? 'ban' : worst === 'wrongKey' ? 'key' : 'hourglass',
      parts,
    };
  }
  if (health.state === 'encrypted' && !isAlone(health))
    return { tone: 'enc', icon: 'lock', parts: [{ word: 'encrypted' }] };
  return { tone: 'plain', icon: 'ready', parts: [{ word: 'ready' }] };
}

/** Frames that nobody receives prove nothing. */
const isAlone = ({ people }: MeetingHealth): boolean => people.every(({ local }) => local);
