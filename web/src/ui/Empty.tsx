// SPDX-License-Identifier: Apache-2.0
// A list with nothing in it, or one that could not be had: a sentence and what to do.
import { CloudOff, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from './Button';
import css from './Empty.module.css';

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  text?: string;
  action?: ReactNode;
}

export function Empty({ icon: Icon, title, text, action }: EmptyProps) {
  return (
    <div className={css.empty}>
      <Icon size={28} strokeWidth={1.5} aria-hidden />
      <h2 className="t-large">{title}</h2>
      {text && <p>{text}</p>}
      {action}
    </div>
  );
}

export function Failed({ text, onRetry }: { text: string; onRetry: () => void }) {
  const { t } = useTranslation();
  return (
    <div role="alert">
      <Empty icon={CloudOff} title={text} action={<Button onClick={onRetry}>{t('state.retry')}</Button>} />
    </div>
  );
}
