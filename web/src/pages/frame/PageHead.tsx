// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react';
import { useTitle } from '../useTitle';
import css from './PageHead.module.css';

export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  useTitle(title);
  return (
    <header className={css.head}>
      <h1 className="t-title">{title}</h1>
      {children && <div className={css.tools}>{children}</div>}
    </header>
  );
}
