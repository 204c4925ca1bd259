// SPDX-License-Identifier: Apache-2.0
// A meeting: joins with what the pre-join page hands over; the stage, the bar, and what opens beside them.
import { lazy, Suspense, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { classes } from '../ui';
import { Banner } from './Banner';
import { Bar, TopBar } from './bar/Bar';
import type { Call } from './call/Call';
import { CallContext, useCallState, useMeeting } from './call/useCall';
import { Dialogs } from './dialogs/Dialogs';
import type { MeetingProps } from './handoff';
import { LiveRegions } from './LiveRegions';
import css from './Meeting.module.css';
import { Notices } from './Notices';
import { AloneCard } from './panels/InviteCard';
import { Reconnecting } from './Reconnecting';
import { Stage } from './stage/Stage';
import { type PanelName, UiContext, useUi, useUiState } from './useUi';
import { useShortcuts } from './useShortcuts';

const loaders = {
  people: () => import('./panels/PeoplePanel'),
  chat: () => import('./chat/ChatPanel'),
  invite: () => import('./panels/InvitePanel'),
  statistics: () => import('./panels/StatisticsPanel'),
};
const PANELS: Record<PanelName, ReturnType<typeof lazy>> = {
  people: lazy(loaders.people),
  chat: lazy(loaders.chat),
  invite: lazy(loaders.invite),
  statistics: lazy(loaders.statistics),
};

function Frame({ call }: { call: Call }) {
  const { t } = useTranslation('meeting');
  const { panel, set } = useUi();
  const { people, connection } = useCallState();
  const isJoined = connection !== 'joining';
  const isAlone = isJoined && people.length === 1 && !people[0]?.screen;
  const Panel = panel && PANELS[panel];
  useShortcuts();

  // Panels are small; once the meeting runs they are there before anybody asks.
  useEffect(() => {
    if (isJoined) for (const load of [loaders.chat, loaders.invite, loaders.people]) void load();
  }, [isJoined]);
  useEffect(() => call.chat.setOpen(panel === 'chat'), [call, panel]);

  const leave = (): void => {
    const mayEnd = call.me?.role === 'host' && people.length > 1;
    if (mayEnd) set({ dialog: 'leave' });
    else void call.leave();
  };
  return (
    <main className={classes('stage', css.frame, (panel || isAlone) && css.withPanel)} aria-label={t('label')}>
      <div className={css.above}>
        <TopBar />
        <Banner />
        <Notices />
      </div>
      <div className={css.middle}>
        <Stage />
        {Panel ? (
          <Suspense fallback={<div className={css.place} />}>
            <Panel />
          </Suspense>
        ) : (
          isAlone && <AloneCard />
        )}
      </div>
      <Bar onLeave={leave} />
      <Dialogs />
      <LiveRegions />
      <Reconnecting />
    </main>
  );
}

export default function Meeting(props: MeetingProps) {
  const call = useMeeting(props);
  const ui = useUiState();
  if (!call) return <main className={classes('stage', css.frame)} aria-busy />;
  return (
    <CallContext value={call}>
      <UiContext value={ui}>
        <Frame call={call} />
      </UiContext>
    </CallContext>
  );
}
