// SPDX-License-Identifier: Apache-2.0
// The lock on a name plate; hovered or touched it says in words what was measured, and when.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PersonHealth } from '../../e2ee/health';
import { Tooltip } from '../../ui';
import { useCall } from '../call/useCall';
import { LOCK_ICONS } from './lock';
import css from './Tile.module.css';

function useLockText(health: PersonHealth | undefined): () => string {
  const { t, i18n } = useTranslation('meeting');
  const { manager } = useCall();
  return () => {
    if (!health || !manager) return '';
    const state = t(`lock.${health.state}`);
    if (health.suspicious) return t('lock.suspicious', { state });
    if (health.state !== 'encrypted') return state;
    const ages = health.tracks.map(({ track }) => manager.health.verifiedAgoMs(track, performance.now()) ?? Infinity);
    const least = Math.min(...ages) / 1000;
    if (!Number.isFinite(least)) return state;
    const seconds = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 }).format(least);
    return t('lock.checked', { state, seconds });
  };
}

export function LockMark({ health }: { health: PersonHealth | undefined }) {
  const textOf = useLockText(health);
  const [text, setText] = useState('');
  const state = health?.state ?? 'waiting';
  const Icon = LOCK_ICONS[state];
  const look = (): void => setText(textOf());
  return (
    <Tooltip text={text || textOf()}>
      <span className={css.lock} data-state={state} onPointerEnter={look} onPointerDown={look} dir="ltr">
        <Icon size={14} strokeWidth={2} aria-hidden />
      </span>
    </Tooltip>
  );
}
