// SPDX-License-Identifier: Apache-2.0
// What people compare to know that they have the same key: pictures for a glance, digits for the check. It reads the same in
// every language, from left to right.
import { useTranslation } from 'react-i18next';
import type { Column } from '../e2ee/fingerprint';
import type emoji from '../words/en/emoji.json';
import css from './Fingerprint.module.css';

type Name = keyof typeof emoji;

export function Fingerprint({ columns }: { columns: readonly Column[] }) {
  const { t } = useTranslation('emoji');
  return (
    <ol className={css.columns} dir="ltr">
      {columns.map(({ emoji: picture, name, digits }, index) => (
        <li key={index}>
          <span className={css.picture} aria-hidden>
            {picture}
          </span>
          <span className={css.name}>{t(name as Name)}</span>
          <span className={css.digits}>{digits}</span>
        </li>
      ))}
    </ol>
  );
}
