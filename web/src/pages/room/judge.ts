// SPDX-License-Identifier: Apache-2.0
// Whether somebody may go on to the pre-join page, by what the link, the server and the browser say. The rules are those of
// e2ee/policy.ts; this is where they are asked before anything is sent.
import type { Lack } from '../../e2ee/gate';
import type { KeyStatus } from '../../e2ee/messages';
import { decide } from '../../e2ee/policy';

export type Judgement = 'encrypted' | 'clear' | 'damaged' | 'key-missing' | 'server-disagrees' | 'cannot';

export function judge(key: KeyStatus, isRoomEncrypted: boolean, lacks: readonly Lack[]): Judgement {
  const decision = decide(key, isRoomEncrypted ? 'encrypted' : 'clear');
  return decision !== 'clear' && decision !== 'damaged' && lacks.length > 0 ? 'cannot' : decision;
}
