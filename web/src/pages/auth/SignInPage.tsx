// SPDX-License-Identifier: Apache-2.0
import { useTranslation } from 'react-i18next';
import { Link, Redirect, useLocation, useSearch } from 'wouter';
import { useServices, useWho } from '../../app/services';
import { Button, Field, Notice, PasswordField } from '../../ui';
import { AuthFrame } from './AuthFrame';
import { useForm } from './useForm';
import { useServer } from './useServer';
import { checkEmail, checkPassword, nextPlace } from './validate';

export default function SignInPage() {
  const { t } = useTranslation();
  const { session } = useServices();
  const [, go] = useLocation();
  const search = useSearch();
  const server = useServer();
  const who = useWho();
  const next = nextPlace(search);
  const { busy, error, field, onSubmit } = useForm({
    names: ['email', 'password'],
    check: ({ email, password }) => ({ email: checkEmail(t, email), password: checkPassword(t, password) }),
    send: async ({ email, password }) => {
      await session.signIn(email.trim(), password);
      go(next, { replace: true });
    },
    fieldOf: { invalid_credentials: 'password' },
  });
  if (who.status === 'member') return <Redirect to={next} replace />;
  return (
    <AuthFrame
      title={t('auth.signInTitle')}
      text={t('auth.signInText', { server: server?.serverName || location.host })}
      below={
        <>
          {t('auth.noAccount')}{' '}
          <Link href={`/auth/register${search ? `?${search}` : ''}`}>{t('auth.signUpTitle')}</Link>
        </>
      }
    >
      <form onSubmit={onSubmit} noValidate>
        <Field {...field('email')} label={t('auth.email')} type="email" autoComplete="username" large />
        <PasswordField {...field('password')} label={t('auth.password')} autoComplete="current-password" large />
        {error && (
          <Notice tone="blocked" alert>
            {error}
          </Notice>
        )}
        <Button type="submit" look="primary" size="large" wide busy={busy}>
          {t('auth.signIn')}
        </Button>
      </form>
    </AuthFrame>
  );
}
