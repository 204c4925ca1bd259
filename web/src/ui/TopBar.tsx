// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react';
import { Logo } from './Logo';
import css from './TopBar.module.css';

export function TopBar({ children }: { children?: ReactNode }) {
  return (
    <header className={css.bar}>
      <Logo />
      <nav className={css.links}>{children}</nav>
    </header>
  );
}
