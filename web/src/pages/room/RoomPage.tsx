// SPDX-License-Identifier: Apache-2.0
// A room's address: what stands in the way of going in, the pre-join page, the meeting, and what is said afterwards.
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useKeys, useKeyState } from '../../app/services';
import { checkBrowser, type Surroundings } from '../../e2ee/gate';
import type { Ending, MeetingProps } from '../../meeting/handoff';
import { roomTitle } from '../../ui';
import { useTitle } from '../useTitle';
import { judge } from './judge';
import { KeyPage } from './KeyPage';
import { PreJoin } from './PreJoin';
import { stateOfCode, stateOfEnding, stateOfJudgement } from './states';
import { StateView } from './StateView';
import { useErase } from './useErase';
import { useRoom } from './useRoom';

const loadMeeting = () => import('../../meeting/Meeting');
const Meeting = lazy(loadMeeting);

type Inside = Pick<MeetingProps, 'admission' | 'media' | 'name'>;

export default function RoomPage({ name }: { name: string }) {
  const { t } = useTranslation();
  const keys = useKeys();
  const key = useKeyState();
  const { look, again, refuse } = useRoom(name);
  const [lacks] = useState(() => checkBrowser(globalThis as Surroundings).lacks);
  const [inside, setInside] = useState<Inside | null>(null);
  const [ending, setEnding] = useState<Ending | null>(null);
  useTitle(roomTitle(name));
  useErase(keys, ending !== null);

  if (inside) {
    const end = (how: Ending): void => {
      setInside(null);
      setEnding(how);
    };
    return (
      <Suspense fallback={<main className="stage" />}>
        <Meeting {...inside} keys={keys} onEnd={end} />
      </Suspense>
    );
  }
  if (ending) {
    const back = (): void => {
      setEnding(null);
      again();
    };
    const detail = ending.kind === 'ended' ? ending.message : undefined;
    return <StateView name={stateOfEnding(ending)} room={name} detail={detail} onAgain={back} />;
  }
  if (look.status === 'loading') return <main className="stage" aria-busy aria-label={t('room.loading')} />;
  if (look.status === 'archived') return <StateView name="archived" room={name} archived={look.room} onAgain={again} />;
  if (look.status === 'refused')
    return <StateView name={stateOfCode(look.code) ?? 'failed'} room={name} onAgain={again} />;

  const judgement = judge(key.status, look.check.e2ee, lacks);
  if (judgement === 'key-missing' || judgement === 'damaged') {
    return <KeyPage check={look.check} damaged={judgement === 'damaged'} />;
  }
  if (judgement !== 'encrypted' && judgement !== 'clear') {
    return <StateView name={stateOfJudgement(judgement) ?? 'failed'} room={name} onAgain={again} />;
  }
  return (
    <PreJoin
      look={look}
      encrypted={judgement === 'encrypted'}
      onPrepare={loadMeeting}
      onJoin={setInside}
      onRefused={refuse}
    />
  );
}
