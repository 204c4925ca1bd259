// SPDX-License-Identifier: Apache-2.0
import { Info, ShieldCheck } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useCall, useWatched } from '../call/useCall';
import { Panel } from '../panels/Panel';
import css from './Chat.module.css';
import type { ChatEntry } from './ChatLog';
import { Composer } from './Composer';
import { MessageView } from './MessageView';

const FOLLOWS_MS = 120_000;

const follows = (entry: ChatEntry, before: ChatEntry | undefined): boolean =>
  before !== undefined && before.from === entry.from && entry.atMs - before.atMs < FOLLOWS_MS;

/** Stays at the newest, unless somebody reads further up. */
function useStick(count: number) {
  const end = useRef<HTMLLIElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const scroller = end.current?.closest('ol')?.parentElement;
    if (!scroller) return;
    const look = (): void => {
      isAtEnd.current = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 48;
    };
    scroller.addEventListener('scroll', look, { passive: true });
    return () => scroller.removeEventListener('scroll', look);
  }, []);
  useEffect(() => {
    if (isAtEnd.current) end.current?.scrollIntoView({ block: 'end' });
  }, [count]);
  return end;
}

export default function ChatPanel() {
  const { t } = useTranslation('meeting');
  const { chat, manager } = useCall();
  const { entries } = useWatched(chat);
  const end = useStick(entries.length);
  return (
    <Panel title={t('panel.chat')} foot={<Composer />}>
      <p className={css.about}>
        {manager ? (
          <ShieldCheck size={18} strokeWidth={1.75} className={css.shield} aria-hidden />
        ) : (
          <Info size={18} strokeWidth={1.75} aria-hidden />
        )}
        {t(manager ? 'chat.encrypted' : 'chat.clear')}
      </p>
      <ol className={css.messages} aria-label={t('chat.messages')} aria-live="polite">
        {entries.map((entry, i) => (
          <MessageView key={entry.id} entry={entry} follows={follows(entry, entries[i - 1])} />
        ))}
        <li ref={end} aria-hidden />
      </ol>
    </Panel>
  );
}
