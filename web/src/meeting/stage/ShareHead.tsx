// SPDX-License-Identifier: Apache-2.0
// Above a shared screen, never over it.
import { Maximize, MonitorUp, Pin, PinOff } from 'lucide-react';
import type { MouseEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { PersonHealth } from '../../e2ee/health';
import { IconButton } from '../../ui';
import type { PersonView } from '../call/people';
import { LockMark } from './LockMark';
import css from './Tile.module.css';

interface ShareHeadProps {
  person: PersonView;
  isEncrypted: boolean;
  health: PersonHealth | undefined;
  isPinned: boolean;
  onPin: () => void;
}

export function ShareHead({ person, isEncrypted, health, isPinned, onPin }: ShareHeadProps) {
  const { t } = useTranslation('meeting');
  const text = person.isLocal ? 'share.own' : person.hasScreenSound ? 'share.withSound' : 'share.silent';
  const enlarge = (event: MouseEvent<HTMLElement>): void => {
    const tile = event.currentTarget.closest('[data-tile]');
    void tile?.requestFullscreen().catch(() => undefined);
  };
  return (
    <header className={css.head}>
      {isEncrypted && <LockMark health={health} />}
      <MonitorUp size={16} strokeWidth={2} aria-hidden />
      <span className={css.name}>{t(text, { name: person.name })}</span>
      <IconButton
        dense
        icon={isPinned ? PinOff : Pin}
        label={t(isPinned ? 'tile.unpin' : 'tile.pin')}
        onClick={onPin}
      />
      <IconButton dense icon={Maximize} label={t('share.fullScreen')} onClick={enlarge} />
    </header>
  );
}
