// SPDX-License-Identifier: Apache-2.0
// A room's address: what stands in the way of going in, the pre-join page, the meeting, and what is said afterwards.
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useKeys } from '../../app/services';
import type { Ending, MeetingProps } from '../../meeting/handoff';
import { roomTitle } from '../../ui';
import { useTitle } from '../useTitle';
import { EndPage } from './EndPage';
import { PreJoin } from './PreJoin';
import { useRoom } from './useRoom';

const loadMeeting = () => import('../../meeting/Meeting');
const Meeting = lazy(loadMeeting);

type Inside = Pick<MeetingProps, 'admission' | 'media' | 'name'>;

export default function RoomPage({ name }: { name: string }) {
  const { t } = useTranslation();
  const keys = useKeys();
  const { look, again } = useRoom(name);
  const [inside, setInside] = useState<Inside | null>(null);
  const [ending, setEnding] = useState<Ending | null>(null);
  useTitle(roomTitle(name));

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
    return <EndPage name={name} ending={ending} onBack={back} />;
  }
  if (look.status === 'loading') return <main className="stage" aria-busy aria-label={t('room.loading')} />;
  if (look.status !== 'open') {
    return <EndPage name={name} refused={look.status === 'archived' ? 'room_closed' : look.code} onBack={again} />;
  }
  return <PreJoin look={look} onPrepare={loadMeeting} onJoin={setInside} />;
}
