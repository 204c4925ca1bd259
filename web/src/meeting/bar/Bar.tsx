// SPDX-License-Identifier: Apache-2.0
import { Hand, MessageSquare, PhoneOff, UserPlus, Users } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { classes, roomTitle } from '../../ui';
import { useCall, useCallState, useWatched } from '../call/useCall';
import { useUi } from '../useUi';
import css from './Bar.module.css';
import { Control } from './Control';
import { EmoteMenu } from './EmoteMenu';
import { CameraControl, MicrophoneControl, ScreenControl } from './MediaControls';
import { MoreMenu } from './MoreMenu';
import { Pill } from './Pill';

/** 24:16, or 1:02:03. */
export function durationText(ms: number): string {
  const seconds = Math.max(Math.floor(ms / 1000), 0);
  const two = (n: number): string => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function Clock({ since }: { since: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return <p className={css.time}>{durationText(now - since)}</p>;
}

function About() {
  const { admission, startedMs } = useCall();
  return (
    <div className={css.words}>
      <h1 className={css.title}>{roomTitle(admission.name)}</h1>
      <Clock since={startedMs} />
    </div>
  );
}

function HandControl() {
  const { t } = useTranslation('meeting');
  const { signals, self } = useCall();
  const isUp = useWatched(signals).hands.includes(self);
  return (
    <Control
      icon={Hand}
      label={t(isUp ? 'bar.handDown' : 'bar.handUp')}
      shortcut="H"
      look={isUp ? 'open' : 'plain'}
      aria-pressed={isUp}
      data-control="hand"
      onClick={() => void signals.toggleHand()}
    />
  );
}

function ChatControl({ className }: { className?: string }) {
  const { t } = useTranslation('meeting');
  const unread = useWatched(useCall().chat).unread;
  const { panel, togglePanel } = useUi();
  const label = unread > 0 && panel !== 'chat' ? t('bar.chatUnread', { count: unread }) : t('bar.chat');
  return (
    <span className={classes(css.new, className)}>
      <Control
        icon={MessageSquare}
        label={label}
        shortcut="C"
        badge={panel === 'chat' ? 0 : unread}
        look={panel === 'chat' ? 'open' : 'plain'}
        aria-expanded={panel === 'chat'}
        data-control="chat"
        onClick={() => togglePanel('chat')}
      />
    </span>
  );
}

function PanelControl({ name }: { name: 'people' | 'invite' }) {
  const { t } = useTranslation('meeting');
  const count = useCallState().people.length;
  const { panel, togglePanel } = useUi();
  const isOpen = panel === name;
  return (
    <Control
      icon={name === 'people' ? Users : UserPlus}
      label={name === 'people' ? t('bar.people', { count }) : t('bar.invite')}
      shortcut={name === 'people' ? 'P' : 'I'}
      badge={name === 'people' ? count : 0}
      look={isOpen ? 'open' : 'plain'}
      aria-expanded={isOpen}
      data-control={name}
      onClick={() => togglePanel(name)}
    />
  );
}

/** On phones: what the bar has at its start stands on top. */
export function TopBar() {
  return (
    <header className={css.top}>
      <Pill />
      <About />
      <PanelControl name="people" />
      <PanelControl name="invite" />
    </header>
  );
}

export function Bar({ onLeave }: { onLeave: () => void }) {
  const { t } = useTranslation('meeting');
  return (
    <div className={css.bar} aria-label={t('bar.label')} role="toolbar">
      <div className={css.about}>
        <Pill />
        <About />
      </div>
      <div className={css.middle}>
        <MicrophoneControl />
        <CameraControl />
        <span className={css.wideOnly}>
          <ScreenControl />
        </span>
        <span className={css.wideOnly}>
          <EmoteMenu />
        </span>
        <span className={css.wideOnly}>
          <HandControl />
        </span>
        <ChatControl className={css.narrowOnly} />
        <MoreMenu />
        <button type="button" className={css.leave} data-control="leave" onClick={onLeave}>
          <PhoneOff size={21} strokeWidth={1.75} aria-hidden />
          <span>{t('leave')}</span>
        </button>
      </div>
      <div className={css.end}>
        <PanelControl name="people" />
        <ChatControl />
        <PanelControl name="invite" />
      </div>
    </div>
  );
}
