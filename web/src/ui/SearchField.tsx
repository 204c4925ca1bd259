// SPDX-License-Identifier: Apache-2.0
// A search that "/" leads to.
import { Search } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { Field } from './Field';
import css from './SearchField.module.css';

interface SearchFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function SearchField({ label, value, onChange }: SearchFieldProps) {
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isOurs = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (!isOurs || isTyping(event.target) || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      ref.current?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <Field
      ref={ref}
      className={css.search}
      type="search"
      label={label}
      quiet
      icon={Search}
      placeholder={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      onKeyDown={(event) => event.key === 'Escape' && onChange('')}
      autoComplete="off"
      end={
        <kbd className={css.key} aria-hidden>
          /
        </kbd>
      }
    />
  );
}
