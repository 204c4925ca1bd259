// SPDX-License-Identifier: Apache-2.0
// A page that says one thing: what happened, then what to do.
import type { LucideIcon } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { classes } from './classes';
import css from './StatePage.module.css';
import { TopBar } from './TopBar';
import type { Tone } from './Notice';

export interface Fact {
  icon: LucideIcon;
  text: ReactNode;
}

interface StatePageProps {
  icon: LucideIcon;
  tone?: Tone;
  title: string;
  text: ReactNode;
  /** Fields and buttons; one of them filled. */
  children?: ReactNode;
  facts?: readonly Fact[];
}

export function StatePage({ icon: Icon, tone = 'plain', title, text, children, facts = [] }: StatePageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – bedrud`;
    heading.current?.focus();
  }, [title]);
  return (
    <>
      <TopBar />
      <main className={css.page}>
        <span className={classes(css.icon, css[tone])}>
          <Icon size={30} strokeWidth={1.75} aria-hidden />
        </span>
        <h1 ref={heading} tabIndex={-1} className="t-headline">
          {title}
        </h1>
        <p className={css.text}>{text}</p>
        {children && <div className={css.actions}>{children}</div>}
        {facts.length > 0 && (
          <ul className={css.facts}>
            {facts.map(({ icon: FactIcon, text: fact }, index) => (
              <li key={index}>
                <FactIcon size={18} strokeWidth={1.75} aria-hidden />
                <span>{fact}</span>
              </li>
            ))}
          </ul>
        )}
      </main>
    </>
  );
}
