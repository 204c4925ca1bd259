// SPDX-License-Identifier: Apache-2.0
// Why a meeting is over: what the SDK says, and what the server said before.
import { DisconnectReason } from 'livekit-client';
import { Stopped } from '../../e2ee/meeting';
import type { Ending } from '../handoff';
import type { ServerNotice } from './notices';

const ROOM_ENDS = ['room_ended', 'room_deleted', 'room_closed', 'room_archived', 'room_suspended'];

/** What a notice says of an end that is near; null: nothing. */
export function endingOfNotice(notice: ServerNotice, self: string): Ending | null {
  if (notice.target === self && notice.event === 'kick') return { kind: 'kicked' };
  if (notice.target === self && notice.event === 'ban') return { kind: 'banned' };
  if (!ROOM_ENDS.includes(notice.event)) return null;
  if (notice.reason === 'e2ee_disabled') return { kind: 'encryption-off' };
  if (notice.reason === 'e2ee_enabled') return { kind: 'stopped', error: new Stopped('key-missing') };
  return { kind: 'ended' };
}

/** The server's word comes first, for the SDK's reasons say less. Leaving by ourselves needs no explanation. */
export function endingOf(reason: DisconnectReason | undefined, told: Ending | null): Ending {
  switch (reason) {
    case DisconnectReason.CLIENT_INITIATED:
      return { kind: 'left' };
    case DisconnectReason.DUPLICATE_IDENTITY:
      return { kind: 'elsewhere' };
    case DisconnectReason.PARTICIPANT_REMOVED:
      return told ?? { kind: 'kicked' };
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return told ?? { kind: 'ended' };
    default:
      return told ?? { kind: 'lost' };
  }
}
