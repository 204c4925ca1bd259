// SPDX-License-Identifier: Apache-2.0
import type { LucideIcon } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { classes, Tooltip } from '../../ui';
import css from './Bar.module.css';

export interface ControlProps extends Omit<ComponentProps<'button'>, 'children'> {
  icon: LucideIcon;
  /** Its name, for screen readers and as a tooltip. */
  label: string;
  shortcut?: string;
  /** A number at its corner. */
  badge?: number;
  look?: 'plain' | 'open' | 'off' | 'trouble';
  busy?: boolean;
  /** Something that belongs to it stands at its end. */
  joined?: ReactNode;
}

/** A button of the bar: 48 on its sides. */
export function Control({
  icon: Icon,
  label,
  shortcut,
  badge,
  look = 'plain',
  busy,
  joined,
  className,
  ...rest
}: ControlProps) {
  return (
    <span className={classes(css.control, joined ? css.joined : null, css[look])}>
      <Tooltip
        text={
          <>
            {label}
            {shortcut && <kbd className={css.key}>{shortcut}</kbd>}
          </>
        }
      >
        <button
          type="button"
          aria-label={label}
          aria-busy={busy || undefined}
          className={classes(css.face, className)}
          {...rest}
        >
          <Icon size={21} strokeWidth={1.75} aria-hidden />
        </button>
      </Tooltip>
      {joined}
      {badge ? (
        <span className={css.badge} aria-hidden>
          {badge > 99 ? '99+' : badge}
        </span>
      ) : null}
    </span>
  );
}
