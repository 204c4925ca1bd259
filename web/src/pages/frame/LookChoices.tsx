// SPDX-License-Identifier: Apache-2.0
// Language and look, as parts of a menu.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Language, LANGUAGES, setLanguage } from '../../app/i18n';
import { keepTheme, readTheme, type Theme } from '../../app/theme';
import { MenuChoice } from '../../ui';

const THEMES = ['system', 'light', 'dark'] as const;

/** Each is named in its own words. */
const OPTIONS = Object.entries(LANGUAGES).map(([value, text]) => ({
  value: value as Language,
  text: <span lang={value}>{text}</span>,
}));

export function LanguageChoice() {
  const { t, i18n } = useTranslation();
  return (
    <MenuChoice
      label={t('nav.language')}
      value={i18n.language as Language}
      options={OPTIONS}
      onChoose={(language) => void setLanguage(language)}
    />
  );
}

export function ThemeChoice() {
  const { t } = useTranslation();
  const [theme, setTheme] = useState(readTheme);
  const choose = (chosen: Theme): void => {
    keepTheme(chosen);
    setTheme(chosen);
  };
  const options = THEMES.map((value) => ({ value, text: t(`theme.${value}`) }));
  return <MenuChoice label={t('theme.label')} value={theme} options={options} onChoose={choose} />;
}
