// SPDX-License-Identifier: Apache-2.0
// Every reason for not being inside: its icon, and the one thing that its filled button does. The words are in words/, under
// `states`.
import {
  Ban,
  CloudOff,
  DoorClosed,
  DoorOpen,
  Hourglass,
  KeyRound,
  EyeOff,
  type LucideIcon,
  MonitorX,
  ShieldBan,
  ShieldOff,
  Unlink,
  UserX,
  Users,
} from 'lucide-react';
import { codeOf } from '../../api';
import type { Stopped } from '../../e2ee/meeting';
import type { Ending } from '../../meeting/handoff';
import type { Tone } from '../../ui';
import type words from '../../words/en/app.json';
import type { Judgement } from './judge';

export type StateName = Exclude<keyof typeof words.states, 'facts' | 'ways'>;

/** Back to the room, to the start page, to signing in, copying the address, making the room again. */
export type Way = 'rejoin' | 'again' | 'home' | 'sign-in' | 'copy' | 'renew';

interface State {
  icon: LucideIcon;
  tone?: Tone;
  way: Way;
}

export const STATES: Record<StateName, State> = {
  left: { icon: DoorOpen, way: 'rejoin' },
  ended: { icon: DoorClosed, way: 'home' },
  kicked: { icon: UserX, way: 'again' },
  banned: { icon: Ban, tone: 'blocked', way: 'home' },
  elsewhere: { icon: MonitorX, way: 'again' },
  encryptionOff: { icon: ShieldOff, tone: 'waiting', way: 'again' },
  becameEncrypted: { icon: KeyRound, tone: 'enc', way: 'again' },
  lost: { icon: CloudOff, way: 'again' },
  disagrees: { icon: ShieldBan, tone: 'blocked', way: 'again' },
  cannot: { icon: ShieldBan, tone: 'blocked', way: 'copy' },
  damaged: { icon: Unlink, tone: 'blocked', way: 'again' },
  full: { icon: Users, way: 'again' },
  private: { icon: EyeOff, way: 'sign-in' },
  approval: { icon: Hourglass, tone: 'waiting', way: 'again' },
  denied: { icon: UserX, way: 'home' },
  missing: { icon: DoorClosed, way: 'home' },
  over: { icon: DoorClosed, way: 'home' },
  archived: { icon: DoorClosed, way: 'renew' },
  noGuests: { icon: DoorClosed, way: 'sign-in' },
  unreachable: { icon: CloudOff, way: 'again' },
  failed: { icon: CloudOff, way: 'again' },
};

const OF_CODE: Record<string, StateName> = {
  ...{ room_not_found: 'missing', room_closed: 'over', room_full: 'full', private: 'private', banned: 'banned' },
  ...{ approval_required: 'approval', approval_pending: 'approval', approval_denied: 'denied', denied: 'denied' },
  ...{ guests_disabled: 'noGuests', network: 'unreachable', invalid_name: 'missing', archived_owned: 'archived' },
};

/** What an answer of the server means for somebody at the door; null: it is not about the room. */
export const stateOfCode = (code: string): StateName | null => OF_CODE[code] ?? null;

const OF_JUDGEMENT: Partial<Record<Judgement, StateName>> = {
  ...{ damaged: 'damaged', 'server-disagrees': 'disagrees', cannot: 'cannot', 'key-missing': 'becameEncrypted' },
};

export const stateOfJudgement = (judgement: Judgement): StateName | null => OF_JUDGEMENT[judgement] ?? null;

function stateOfError(error: unknown): StateName {
  const { why } = (error instanceof Error ? error : {}) as Partial<Stopped>;
  return (why && OF_JUDGEMENT[why]) ?? stateOfCode(codeOf(error)) ?? 'lost';
}

export function stateOfEnding(ending: Ending): StateName {
  switch (ending.kind) {
    case 'encryption-off':
      return 'encryptionOff';
    case 'stopped':
      return stateOfError(ending.error);
    default:
      return ending.kind;
  }
}
