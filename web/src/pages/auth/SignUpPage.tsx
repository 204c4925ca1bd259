// SPDX-License-Identifier: Apache-2.0
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useSearch } from 'wouter';
import { useServices } from '../../app/services';
import { Button, Field, Notice, PasswordField } from '../../ui';
import { AuthFrame } from './AuthFrame';
import { useForm } from './useForm';
import { useServer } from './useServer';
import { checkEmail, checkName, checkNewPassword, nextPlace } from './validate';

export default function SignUpPage() {
  const { t } = useTranslation();
  const { session } = useServices();
  const [, go] = useLocation();
  const search = useSearch();
  const server = useServer();
  const { setup, invite } = Object.fromEntries(new URLSearchParams(search));
  const wantsInvite = Boolean(server?.tokenRegistrationOnly || invite);
  const isClosed = server?.registrationEnabled === false && !invite && setup === undefined;
  const { busy, error, field, onSubmit } = useForm({
    names: ['name', 'email', 'password', 'inviteToken', 'setupCode'],
    check: ({ name, email, password }) => ({
      name: checkName(t, name),
      email: checkEmail(t, email),
      password: checkNewPassword(t, password),
    }),
    send: async ({ name, email, password, inviteToken, setupCode }) => {
      await session.register({
        ...{ name: name.trim(), email: email.trim(), password },
        ...(inviteToken && { inviteToken: inviteToken.trim() }),
        ...(setupCode && { setupCode: setupCode.trim() }),
      });
      go(nextPlace(search), { replace: true });
    },
    fieldOf: {
      ...{ invalid_email: 'email', invalid_name: 'name', invalid_password: 'password' },
      ...{ invite_required: 'inviteToken', invite_invalid: 'inviteToken', invite_used: 'inviteToken' },
    },
  });
  return (
    <AuthFrame
      title={t('auth.signUpTitle')}
      text={t('auth.signUpText', { server: server?.serverName || location.host })}
      below={
        <>
          {t('auth.haveAccount')} <Link href={`/auth/login${search ? `?${search}` : ''}`}>{t('auth.signIn')}</Link>
        </>
      }
    >
      {isClosed ? (
        <Notice>{t('auth.closed')}</Notice>
      ) : (
        <form onSubmit={onSubmit} noValidate>
          <Field {...field('name')} label={t('auth.name')} hint={t('auth.nameHint')} autoComplete="name" large />
          <Field {...field('email')} label={t('auth.email')} type="email" autoComplete="username" large />
          <PasswordField
            {...field('password')}
            label={t('auth.newPassword')}
            hint={t('auth.passwordHint')}
            autoComplete="new-password"
            large
          />
          {wantsInvite && (
            <Field
              {...field('inviteToken')}
              label={t('auth.invite')}
              hint={t('auth.inviteHint')}
              defaultValue={invite}
              autoComplete="off"
              large
            />
          )}
          {setup !== undefined && (
            <Field
              {...field('setupCode')}
              label={t('auth.setupCode')}
              hint={t('auth.setupCodeHint')}
              defaultValue={setup}
              autoComplete="off"
              large
            />
          )}
          {error && (
            <Notice tone="blocked" alert>
              {error}
            </Notice>
          )}
          <Button type="submit" look="primary" size="large" wide busy={busy}>
            {t('auth.signUp')}
          </Button>
        </form>
      )}
    </AuthFrame>
  );
}
