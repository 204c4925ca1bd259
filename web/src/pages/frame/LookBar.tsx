// SPDX-License-Identifier: Apache-2.0
// Language and look for people who are not signed in. The browser's own list of choices: the first page stays light.
import { Globe, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Language, LANGUAGES, setLanguage } from '../../app/i18n';
import { isDark, keepTheme } from '../../app/theme';
import css from './LookBar.module.css';

export function LookBar() {
  const { t, i18n } = useTranslation();
  const [dark, setDark] = useState(isDark);
  const Icon = dark ? Sun : Moon;
  const other = dark ? 'light' : 'dark';
  const language = i18n.language as Language;
  return (
    <>
      <div className={css.part}>
        <Globe size={18} strokeWidth={1.75} aria-hidden />
        <span className={css.language} aria-hidden>
          {LANGUAGES[language]}
        </span>
        <select
          className={css.select}
          aria-label={t('nav.language')}
          value={language}
          onChange={(event) => void setLanguage(event.currentTarget.value as Language)}
        >
          {Object.entries(LANGUAGES).map(([value, text]) => (
            <option key={value} value={value} lang={value}>
              {text}
            </option>
          ))}
        </select>
      </div>
      <button
        type="button"
        className={css.part}
        aria-label={`${t('theme.label')}: ${t(`theme.${other}`)}`}
        onClick={() => {
          keepTheme(other);
          setDark(!dark);
        }}
      >
        <Icon size={18} strokeWidth={1.75} aria-hidden />
      </button>
    </>
  );
}
