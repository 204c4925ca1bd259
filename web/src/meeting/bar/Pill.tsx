// SPDX-License-Identifier: Apache-2.0
import { Hourglass, KeyRound, Lock, ShieldBan, ShieldOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useKeyState } from '../../app/services';
import { classes } from '../../ui';
import { useHealth } from '../call/useCall';
import { useUi } from '../useUi';
import css from './Bar.module.css';
import { pillOf } from './pill';

const ICONS = { ban: ShieldBan, key: KeyRound, hourglass: Hourglass, lock: Lock, ready: KeyRound, off: ShieldOff };

/** The state of the encryption of all; opens the panel that explains it. */
export function Pill() {
  const { t } = useTranslation('meeting');
  const { tone, icon, parts } = pillOf(useHealth(), useKeyState());
  const { panel, togglePanel } = useUi();
  const Icon = ICONS[icon];
  return (
    <button
      type="button"
      className={classes(css.pill, css[tone])}
      data-pill={parts.map(({ word }) => word).join(' ')}
      aria-expanded={panel === 'invite'}
      onClick={() => togglePanel('invite')}
    >
      <Icon size={18} strokeWidth={1.75} aria-hidden />
      <span>{parts.map(({ word, count }) => t(`pill.${word}`, { count: count ?? 0 })).join(', ')}</span>
    </button>
  );
}
