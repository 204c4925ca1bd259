// SPDX-License-Identifier: Apache-2.0
import { type LucideIcon, ShieldCheck, ShieldOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import css from './Badge.module.css';
import { classes } from './classes';

interface BadgeProps {
  icon: LucideIcon;
  text: string;
  tone?: 'plain' | 'enc' | 'brand' | 'waiting' | 'blocked';
}

export function Badge({ icon: Icon, text, tone = 'plain' }: BadgeProps) {
  return (
    <span className={classes(css.badge, css[tone])}>
      <Icon size={14} strokeWidth={2} aria-hidden />
      {text}
    </span>
  );
}

/** What a room is set to: a promise. What was measured has a lock, in the meeting. */
export function EncryptionBadge({ e2ee }: { e2ee: boolean }) {
  const { t } = useTranslation();
  return e2ee ? (
    <Badge icon={ShieldCheck} tone="enc" text={t('encryption.on')} />
  ) : (
    <Badge icon={ShieldOff} text={t('encryption.off')} />
  );
}
