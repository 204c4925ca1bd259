// SPDX-License-Identifier: Apache-2.0
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui';
import css from './admin.module.css';
import { PAGE } from './api';

interface PagesProps {
  page: number;
  total: number;
  onPage: (page: number) => void;
}

/** To the page before and after, where there are more than one. */
export function Pages({ page, total, onPage }: PagesProps) {
  const { t } = useTranslation();
  const last = Math.max(1, Math.ceil(total / PAGE));
  if (last === 1) return null;
  return (
    <nav className={css.more} aria-label={t('admin.pages')}>
      <Button size="dense" disabled={page <= 1} onClick={() => onPage(page - 1)}>
        {t('admin.before')}
      </Button>
      <span>{t('admin.page', { page, last })}</span>
      <Button size="dense" disabled={page >= last} onClick={() => onPage(page + 1)}>
        {t('admin.after')}
      </Button>
    </nav>
  );
}
