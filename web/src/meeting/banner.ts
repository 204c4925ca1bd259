// SPDX-License-Identifier: Apache-2.0
// What stands above the stage, one at a time, worst first. Problems of encryption stay until they are gone or put away.
import type { MeetingHealth } from '../e2ee/health';
import type { KeyState } from '../e2ee/messages';
import type { CallState } from './call/state';

export type BannerKind =
  'worker' | 'oldKey' | 'differs' | 'blocked' | 'wrongKey' | 'newKey' | 'newKeyMissed' | 'touch' | 'sharing';

export interface BannerView {
  kind: BannerKind;
  tone: 'blocked' | 'waiting' | 'enc' | 'plain';
  /** Names, or a number. */
  who: readonly string[];
  /** Nothing but its end takes it away. */
  stays?: boolean;
}

interface Facts {
  call: Pick<CallState, 'keyWorker' | 'rotation' | 'needsTouch'>;
  health: MeetingHealth | null;
  key: Pick<KeyState, 'old'>;
  nameOf: (identity: string) => string;
  isSharing: boolean;
}

export function bannersOf({ call, health, key, nameOf, isSharing }: Facts): BannerView[] {
  const found: BannerView[] = [];
  const add = (kind: BannerKind, tone: BannerView['tone'], more: Partial<BannerView> = {}): void =>
    void found.push({ kind, tone, who: [], ...more });
  const inState = (state: string): string[] =>
    (health?.people ?? []).filter((one) => one.state === state && !one.local).map(({ identity }) => nameOf(identity));
  if (call.keyWorker !== 'alive') add('worker', 'blocked', { stays: true });
  if (key.old) add('oldKey', 'blocked', { stays: true });
  else if (health?.allDiffer) add('differs', 'blocked', { stays: true });
  const [blocked, wrong] = [inState('blocked'), inState('wrong-key')];
  if (blocked.length > 0) add('blocked', 'blocked', { who: blocked });
  if (wrong.length > 0 && !health?.allDiffer && !key.old) add('wrongKey', 'blocked', { who: wrong });
  const { rotation } = call;
  if (rotation?.phase === 'switched') {
    const missed = rotation.missed.map(nameOf);
    if (missed.length > 0) add('newKeyMissed', 'waiting', { who: missed });
    else add('newKey', 'enc');
  }
  if (call.needsTouch) add('touch', 'plain', { stays: true });
  if (isSharing) add('sharing', 'plain', { stays: true });
  return found;
}

/** What one banner is, so that it stays away once it was put away. */
export const bannerId = ({ kind, who }: BannerView): string => [kind, ...who].join('\n');
