// SPDX-License-Identifier: Apache-2.0
// What the pre-join page gives to the meeting, and what the meeting says when it is over. The key of the meeting is with the
// key worker already (`KeyClient`): `encrypted` says that it must be used.
import type { Admission } from '../api';
import type { KeyClient } from '../e2ee/client';

/** What somebody chose before coming in. */
export interface MediaChoice {
  microphone: boolean;
  camera: boolean;
  microphoneId?: string;
  cameraId?: string;
  speakerId?: string;
}

/** Why it is over. `Stopped` of e2ee/meeting.ts comes as it is. */
export type Ending =
  | { kind: 'left' } // by ourselves: there is nothing to explain
  | { kind: 'ended'; message?: string } // for all
  | { kind: 'kicked' }
  | { kind: 'banned' }
  | { kind: 'elsewhere' } // the same person joined from another window
  | { kind: 'encryption-off' } // the room's encryption was turned off
  | { kind: 'lost' } // the connection was, and did not come back
  | { kind: 'stopped'; error: unknown };

export interface MeetingProps {
  admission: Admission;
  /** What people see of us. */
  name: string;
  media: MediaChoice;
  keys: KeyClient;
  onEnd: (ending: Ending) => void;
}
