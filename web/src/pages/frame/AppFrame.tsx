// SPDX-License-Identifier: Apache-2.0
// The frame around the pages of somebody who is signed in: navigation at the side, or at the bottom of small screens.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, Redirect, useLocation } from 'wouter';
import { useUser, useWho } from '../../app/services';
import { Logo } from '../../ui';
import css from './AppFrame.module.css';
import { PersonMenu } from './PersonMenu';
import { ADMIN, OWN, type Place } from './places';

function Places({ places }: { places: readonly Place[] }) {
  const { t } = useTranslation();
  const [here] = useLocation();
  return (
    <ul className={css.places}>
      {places.map(({ href, icon: Icon, word }) => (
        <li key={href}>
          <Link href={href} className={css.place} aria-current={here === href ? 'page' : undefined}>
            <Icon size={18} strokeWidth={1.75} aria-hidden />
            <span>{t(`nav.${word}`)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

export function AppFrame({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [here] = useLocation();
  const who = useWho();
  const user = useUser();
  if (who.status === 'nobody' || who.status === 'guest') return <Redirect to={`/auth/login?next=${here}`} replace />;
  return (
    <div className={css.frame}>
      <button type="button" className={css.skip} onClick={() => document.getElementById('main')?.focus()}>
        {t('nav.skip')}
      </button>
      <nav className={css.side} aria-label={t('nav.label')}>
        <div className={css.logo}>
          <Logo />
        </div>
        <Places places={OWN} />
        {user?.isAdmin && (
          <div className={css.admin}>
            <h2 className={css.heading}>{t('nav.server')}</h2>
            <Places places={ADMIN} />
          </div>
        )}
        {user && <PersonMenu user={user} />}
      </nav>
      <main id="main" tabIndex={-1} className={css.main}>
        {user && children}
      </main>
    </div>
  );
}
