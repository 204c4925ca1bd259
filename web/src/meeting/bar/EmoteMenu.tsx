// SPDX-License-Identifier: Apache-2.0
import { Smile } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import { EMOTES } from '../call/Signals';
import { useCall } from '../call/useCall';
import css from './Bar.module.css';
import { BarMenu } from './BarMenu';

/** The faces, as items of whatever menu is around them. */
export function Emotes() {
  const { t } = useTranslation('meeting');
  const { signals } = useCall();
  return (
    <div className={css.emotes}>
      {EMOTES.map((emoji) => (
        <Radix.Item
          key={emoji}
          className={css.emote}
          aria-label={t('emote.send', { emoji })}
          onSelect={() => void signals.emote(emoji)}
        >
          {emoji}
        </Radix.Item>
      ))}
    </div>
  );
}

export function EmoteMenu() {
  const { t } = useTranslation('meeting');
  return (
    <BarMenu icon={Smile} label={t('bar.react')} control="react">
      <Emotes />
    </BarMenu>
  );
}
