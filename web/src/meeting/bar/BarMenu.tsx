// SPDX-License-Identifier: Apache-2.0
// A round button of the bar that opens a menu above it.
import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Menu } from '../../ui';
import css from './Bar.module.css';

interface BarMenuProps {
  icon: LucideIcon;
  label: string;
  /** What tests find it by. */
  control: string;
  children: ReactNode;
}

export function BarMenu({ icon: Icon, label, control, children }: BarMenuProps) {
  return (
    <Menu
      stage
      side="top"
      align="center"
      label={label}
      trigger={
        <button type="button" className={css.round} aria-label={label} title={label} data-control={control}>
          <Icon size={21} strokeWidth={1.75} aria-hidden />
        </button>
      }
    >
      {children}
    </Menu>
  );
}
