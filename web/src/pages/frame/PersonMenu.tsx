// SPDX-License-Identifier: Apache-2.0
// Who is signed in, and what concerns them: the look, the language, signing out.
import { ChevronsUpDown, LogOut, Settings } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import type { User } from '../../api';
import { type Language, LANGUAGES, setLanguage } from '../../app/i18n';
import { useServices } from '../../app/services';
import { keepTheme, readTheme, type Theme } from '../../app/theme';
import { Avatar, Menu, MenuChoice, MenuItem, MenuLine } from '../../ui';
import css from './AppFrame.module.css';
import { ADMIN } from './places';

const THEMES = ['system', 'light', 'dark'] as const;

export function PersonMenu({ user }: { user: User }) {
  const { t, i18n } = useTranslation();
  const { session } = useServices();
  const [, go] = useLocation();
  // There the navigation at the bottom has no place for these.
  const isSmall = !matchMedia('(width >= 1024px)').matches;
  const [theme, setTheme] = useState(readTheme);
  const chooseTheme = (chosen: Theme): void => {
    keepTheme(chosen);
    setTheme(chosen);
  };
  const signOut = (): void => {
    void session.signOut().catch(() => undefined);
    go('/');
  };
  const trigger = (
    <button type="button" className={css.person}>
      <Avatar identity={user.id} name={user.name} url={user.avatarUrl} />
      <span className={css.who}>
        <span className={css.name}>{user.name}</span>
        <span className={css.role}>{user.isAdmin ? t('nav.admin') : user.email}</span>
      </span>
      <ChevronsUpDown size={16} aria-hidden />
      <span className={css.more}>{t('nav.more')}</span>
    </button>
  );
  return (
    <Menu trigger={trigger} side="top" align="start">
      {isSmall && user.isAdmin ? (
        ADMIN.map(({ href, icon, word }) => (
          <MenuItem key={href} icon={icon} onSelect={() => go(href)}>
            {t(`nav.${word}`)}
          </MenuItem>
        ))
      ) : (
        <MenuItem icon={Settings} onSelect={() => go('/account')}>
          {t('nav.account')}
        </MenuItem>
      )}
      <MenuLine />
      <MenuChoice
        label={t('theme.label')}
        value={theme}
        options={THEMES.map((value) => ({ value, text: t(`theme.${value}`) }))}
        onChoose={chooseTheme}
      />
      <MenuLine />
      <MenuChoice
        label={t('nav.language')}
        value={i18n.language as Language}
        options={Object.entries(LANGUAGES).map(([value, text]) => ({ value: value as Language, text }))}
        onChoose={(language) => void setLanguage(language)}
      />
      <MenuLine />
      <MenuItem icon={LogOut} onSelect={signOut}>
        {t('nav.signOut')}
      </MenuItem>
    </Menu>
  );
}
