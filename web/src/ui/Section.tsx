// SPDX-License-Identifier: Apache-2.0
import { type ReactNode, useId } from 'react';
import css from './Section.module.css';

interface SectionProps {
  title: string;
  text?: ReactNode;
  children: ReactNode;
}

/** A part of a page about one thing: what it is at the start, what to do with it beside or below. */
export function Section({ title, text, children }: SectionProps) {
  const id = useId();
  return (
    <section className={css.section} aria-labelledby={id}>
      <div>
        <h2 id={id} className="t-large">
          {title}
        </h2>
        {text && <p className={css.text}>{text}</p>}
      </div>
      <div className={css.body}>{children}</div>
    </section>
  );
}

/** Lines with something at their end. */
export function Lines({ children }: { children: ReactNode }) {
  return <ul className={css.lines}>{children}</ul>;
}

interface LineProps {
  start?: ReactNode;
  title: ReactNode;
  text?: ReactNode;
  end?: ReactNode;
}

export function Line({ start, title, text, end }: LineProps) {
  return (
    <li className={css.line}>
      {start}
      <div className={css.words}>
        <span className={css.title}>{title}</span>
        {text && <span className={css.note}>{text}</span>}
      </div>
      {end}
    </li>
  );
}
