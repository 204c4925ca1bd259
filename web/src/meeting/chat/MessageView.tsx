// SPDX-License-Identifier: Apache-2.0
import { Check, SmilePlus } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import { memo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Avatar, Button, classes, IconButton, Menu } from '../../ui';
import { EMOTES } from '../call/Signals';
import { useCall, useCallState } from '../call/useCall';
import type { ChatEntry } from './ChatLog';
import css from './Chat.module.css';
import { FileView } from './FileView';
import { Markdown } from './Markdown';

function PollView({ entry }: { entry: ChatEntry }) {
  const { t } = useTranslation('meeting');
  const call = useCall();
  const { people } = useCallState();
  if (!entry.poll) return null;
  const all = [...entry.votes.values()];
  const own = entry.votes.get(call.self);
  return (
    <fieldset className={css.poll}>
      <legend dir="auto">{entry.poll.question}</legend>
      {entry.poll.options.map(({ id, text }) => {
        const count = all.filter((one) => one === id).length;
        return (
          <button
            key={id}
            type="button"
            aria-pressed={own === id}
            className={classes(css.option, own === id && css.chosen)}
            style={{ '--share': `${all.length > 0 ? (count / all.length) * 100 : 0}%` } as object}
            onClick={() => void call.chat.vote(entry.id, id)}
          >
            {own === id && <Check size={16} strokeWidth={2} aria-hidden />}
            <span dir="auto">{text}</span>
            <b aria-label={t('poll.votes', { count })}>{count}</b>
          </button>
        );
      })}
      <p className="ink3 t-small">
        {t('poll.voted', { count: all.length, total: Math.max(people.length, all.length) })}
      </p>
    </fieldset>
  );
}

function Reactions({ entry }: { entry: ChatEntry }) {
  const { t, i18n } = useTranslation('meeting');
  const call = useCall();
  const groups = new Map<string, string[]>();
  for (const [who, emoji] of entry.reactions) groups.set(emoji, [...(groups.get(emoji) ?? []), who]);
  if (groups.size === 0) return null;
  return (
    <ul className={css.reactions}>
      {[...groups].map(([emoji, who]) => {
        const names = new Intl.ListFormat(i18n.language).format(who.map((one) => call.nameOf(one)));
        const isOwn = who.includes(call.self);
        return (
          <li key={emoji}>
            <button
              type="button"
              aria-pressed={isOwn}
              aria-label={t('chat.reactedBy', { emoji, names })}
              title={names}
              className={classes(css.reaction, isOwn && css.own)}
              onClick={() => void call.chat.react(entry.id, emoji)}
            >
              <span>{emoji}</span> {who.length}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function ReactMenu({ entry }: { entry: ChatEntry }) {
  const { t } = useTranslation('meeting');
  const { chat } = useCall();
  return (
    <Menu
      stage
      trigger={<IconButton dense icon={SmilePlus} label={t('chat.react')} className={css.react} />}
      label={t('chat.react')}
    >
      <div className={css.faces}>
        {EMOTES.map((emoji) => (
          <Radix.Item key={emoji} className={css.face} onSelect={() => void chat.react(entry.id, emoji)}>
            {emoji}
          </Radix.Item>
        ))}
      </div>
    </Menu>
  );
}

function Failed({ entry }: { entry: ChatEntry }): ReactNode {
  const { t } = useTranslation('meeting');
  const { chat } = useCall();
  if (entry.state !== 'failed') return null;
  return (
    <p className={css.failed} role="alert">
      {t('chat.failed')}
      <Button look="link" size="dense" onClick={() => void chat.retry(entry.id)}>
        {t('chat.retry')}
      </Button>
    </p>
  );
}

interface MessageProps {
  entry: ChatEntry;
  /** By the same person, a moment after the one before. */
  follows: boolean;
}

export const MessageView = memo(function MessageView({ entry, follows }: MessageProps) {
  const { t, i18n } = useTranslation('meeting');
  const time = new Intl.DateTimeFormat(i18n.language, { hour: '2-digit', minute: '2-digit' }).format(entry.atMs);
  return (
    <li className={classes(css.message, follows && css.follows, entry.state === 'sending' && css.sending)}>
      {!follows && <Avatar identity={entry.from} name={entry.name} size={32} />}
      <div className={css.what}>
        {!follows && (
          <p className={css.who}>
            <b dir="auto">{entry.isOwn ? t('chat.you') : entry.name}</b> <time>{time}</time>
          </p>
        )}
        {entry.message && <Markdown text={entry.message} />}
        <PollView entry={entry} />
        {entry.attachments.map((one) => (
          <FileView key={one.stream} attachment={one} from={entry.from} />
        ))}
        <Reactions entry={entry} />
        <Failed entry={entry} />
      </div>
      <ReactMenu entry={entry} />
    </li>
  );
});
