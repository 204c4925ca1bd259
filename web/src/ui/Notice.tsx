// SPDX-License-Identifier: Apache-2.0
import { CircleAlert, Info, type LucideIcon, ShieldCheck, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { classes } from './classes';
import css from './Notice.module.css';

export type Tone = 'plain' | 'enc' | 'waiting' | 'blocked';

const ICONS: Record<Tone, LucideIcon> = { plain: Info, enc: ShieldCheck, waiting: TriangleAlert, blocked: CircleAlert };

interface NoticeProps {
  tone?: Tone;
  icon?: LucideIcon;
  title?: string;
  children?: ReactNode;
  action?: ReactNode;
  /** Said at once: something went wrong because of what was just done. */
  alert?: boolean;
}

/** A box of a few words that stays: what happened, then what to do. */
export function Notice({ tone = 'plain', icon, title, children, action, alert }: NoticeProps) {
  const Icon = icon ?? ICONS[tone];
  return (
    <div className={classes(css.notice, css[tone])} role={alert ? 'alert' : undefined}>
      <Icon size={18} strokeWidth={1.75} aria-hidden />
      <div className={css.words}>
        {title && <strong>{title} </strong>}
        {children}
      </div>
      {action}
    </div>
  );
}
