// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react';
import { TopBar } from '../../ui';
import { LookBar } from '../frame/LookBar';
import { useTitle } from '../useTitle';
import css from './AuthFrame.module.css';

interface AuthFrameProps {
  title: string;
  text: string;
  children: ReactNode;
  below?: ReactNode;
}

export function AuthFrame({ title, text, children, below }: AuthFrameProps) {
  useTitle(title);
  return (
    <>
      <TopBar>
        <LookBar />
      </TopBar>
      <main className={css.page}>
        <h1 className="t-headline">{title}</h1>
        <p className={css.text}>{text}</p>
        {children}
        {below && <p className={css.below}>{below}</p>}
      </main>
    </>
  );
}
