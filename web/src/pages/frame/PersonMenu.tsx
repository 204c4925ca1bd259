// SPDX-License-Identifier: Apache-2.0
// Who is signed in, and what concerns them: the look, the language, signing out.
import { ChevronsUpDown, LogOut, Settings } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import type { User } from '../../api';
import { useServices } from '../../app/services';
import { Avatar, Menu, MenuItem, MenuLine } from '../../ui';
import css from './AppFrame.module.css';
import { LanguageChoice, ThemeChoice } from './LookChoices';
import { ADMIN } from './places';

export function PersonMenu({ user }: { user: User }) {
  const { t } = useTranslation();
  const { session } = useServices();
  const [, go] = useLocation();
  // There the navigation at the bottom has no place for these.
  const isSmall = !matchMedia('(width >= 1024px)').matches;
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
      <ThemeChoice />
      <MenuLine />
      <LanguageChoice />
      <MenuLine />
      <MenuItem icon={LogOut} onSelect={signOut}>
        {t('nav.signOut')}
      </MenuItem>
    </Menu>
  );
}
