// SPDX-License-Identifier: Apache-2.0
// What opens beside the stage; over it where there is no room beside.
import { X } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { IconButton } from '../../ui';
import { useUi } from '../useUi';
import css from './Panel.module.css';

interface PanelProps {
  title: string;
  children: ReactNode;
  /** Stands at the bottom, whatever is scrolled. */
  foot?: ReactNode;
}

export function Panel({ title, children, foot }: PanelProps) {
  const { t } = useTranslation();
  const { set } = useUi();
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const opener = useRef(document.activeElement);

  useEffect(() => {
    const from = opener.current;
    // A field within may have it already.
    const panel = heading.current?.closest('aside');
    if (!panel?.contains(document.activeElement)) heading.current?.focus({ preventScroll: true });
    return () => {
      if (from instanceof HTMLElement && from.isConnected) from.focus({ preventScroll: true });
    };
  }, []);

  const close = (): void => set({ panel: null });
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    close();
  };
  return (
    // Esc closes it from wherever the focus is within.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <aside className={css.panel} aria-labelledby={id} onKeyDown={onKey}>
      <header className={css.head}>
        <h2 ref={heading} id={id} tabIndex={-1}>
          {title}
        </h2>
        <IconButton icon={X} dense label={t('dialog.close')} onClick={close} />
      </header>
      <div className={css.body}>{children}</div>
      {foot && <footer className={css.foot}>{foot}</footer>}
    </aside>
  );
}
