// SPDX-License-Identifier: Apache-2.0
import { ArrowRight, Video } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { Trans, useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useWho } from '../../app/services';
import { Button, ButtonLink, Notice, TopBar } from '../../ui';
import { LookBar } from '../frame/LookBar';
import { useTitle } from '../useTitle';
import css from './HomePage.module.css';
import { JoinForm } from './JoinForm';
import { useStart } from './useStart';

const HomePicture = lazy(() => import('./HomePicture'));

export function HomePage() {
  const { t } = useTranslation();
  useTitle();
  const { status } = useWho();
  const [isWide] = useState(() => matchMedia('(width >= 1024px)').matches);
  const { start, tryIt, busy, error } = useStart();
  return (
    <>
      <TopBar>
        <Link href="/e2ee" className={css.link}>
          {t('nav.encryption')}
        </Link>
        <LookBar />
        {status === 'member' ? (
          <ButtonLink href="/dashboard">{t('nav.rooms')}</ButtonLink>
        ) : (
          <ButtonLink href="/auth/login">{t('nav.signIn')}</ButtonLink>
        )}
      </TopBar>
      <main className={css.page}>
        <div className={css.top}>
          <section className={css.words}>
            <h1 className={css.title}>{t('home.title')}</h1>
            <p className={css.text}>{t('home.text')}</p>
            <div className={css.actions}>
              <Button look="primary" size="large" icon={Video} busy={busy === 'start'} onClick={start}>
                {t('home.start')}
              </Button>
              <Button look="quiet" size="large" iconEnd={ArrowRight} busy={busy === 'demo'} onClick={tryIt}>
                {t('home.demo')}
              </Button>
            </div>
            {error && (
              <Notice tone="blocked" alert>
                {error}
              </Notice>
            )}
            <JoinForm />
          </section>
          <div className={css.picture}>
            <Suspense fallback={null}>{isWide && <HomePicture />}</Suspense>
          </div>
        </div>
        <section className={css.points}>
          {(['keys', 'blind', 'check'] as const).map((point) => (
            <div key={point}>
              <h2 className="t-large">{t(`home.points.${point}Title`)}</h2>
              <p>
                <Trans i18nKey={`home.points.${point}`} components={[<code key="0" />]} />
              </p>
            </div>
          ))}
          <Link href="/e2ee" className={css.link}>
            {t('nav.encryption')}
          </Link>
        </section>
      </main>
    </>
  );
}
