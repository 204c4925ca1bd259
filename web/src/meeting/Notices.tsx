// SPDX-License-Identifier: Apache-2.0
// What the server tells us: a moderator asks or does something, somebody waits. A notice can ask; only its person acts.
import { Mic, UserCheck, Video } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, toast } from '../ui';
import css from './Banner.module.css';
import type { ServerNotice } from './call/notices';
import { useCall, useWatched } from './call/useCall';
import { useUi } from './useUi';
import { useLobby } from './panels/useLobby';

type Asked = { kind: 'microphone' | 'camera'; by: string };

function useNotices(): [Asked | null, () => void] {
  const { t } = useTranslation('meeting');
  const call = useCall();
  const { set } = useUi();
  const [asked, setAsked] = useState<Asked | null>(null);
  const act = (notice: ServerNotice): void => {
    const by = call.nameOf(notice.actor);
    const isForUs = notice.target === call.self;
    switch (notice.event) {
      case 'spotlight':
        return set({ pinned: notice.target, isGrid: false });
      case 'ask_unmute':
        return isForUs ? setAsked({ kind: 'microphone', by }) : undefined;
      case 'ask_camera':
        return isForUs ? setAsked({ kind: 'camera', by }) : undefined;
      case 'deafen':
      case 'undeafen': {
        if (!isForUs) return;
        const deaf = notice.event === 'deafen';
        call.setDeaf(deaf);
        void call.signals.tellDeaf(deaf);
        return toast(t(deaf ? 'notice.deafened' : 'notice.undeafened', { name: by }));
      }
      case 'kick':
      case 'ban':
        if (!isForUs)
          toast(t(notice.event === 'ban' ? 'people.banned' : 'people.removed', { name: call.nameOf(notice.target) }));
        return;
      case 'track_refused':
        return toast(t('notice.trackRefused'));
    }
  };
  const latest = useRef(act);
  useEffect(() => void (latest.current = act));
  useEffect(() => call.onNotice((notice) => latest.current(notice)), [call]);
  return [asked, () => setAsked(null)];
}

export function Notices() {
  const { t } = useTranslation('meeting');
  const call = useCall();
  const media = useWatched(call.media);
  const [asked, put] = useNotices();
  const { waiting } = useLobby();
  const { panel, openPanel } = useUi();
  const isOpen = asked && !media[asked.kind];
  return (
    <>
      {isOpen && (
        <div className={css.banner} role="alert" data-notice={asked.kind}>
          {asked.kind === 'camera' ? <Video size={20} aria-hidden /> : <Mic size={20} aria-hidden />}
          <p>
            <strong>{t(`notice.ask.${asked.kind}`, { name: asked.by })}</strong>
          </p>
          <Button size="dense" look="quiet" onClick={put}>
            {t('notice.notNow')}
          </Button>
          <Button
            size="dense"
            onClick={() => {
              put();
              void call.media.turn(asked.kind, true);
            }}
          >
            {t(`bar.${asked.kind}On`)}
          </Button>
        </div>
      )}
      {waiting.length > 0 && panel !== 'people' && (
        <div className={css.banner} role="status" data-notice="lobby">
          <UserCheck size={20} aria-hidden />
          <p>
            <strong>{t('lobby.title', { count: waiting.length })}</strong>{' '}
            <span className="ink2">
              {waiting
                .slice(0, 3)
                .map(({ name }) => name)
                .join(', ')}
            </span>
          </p>
          <Button size="dense" onClick={() => openPanel('people')}>
            {t('lobby.see')}
          </Button>
        </div>
      )}
    </>
  );
}
