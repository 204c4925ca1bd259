// SPDX-License-Identifier: Apache-2.0
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useServices, useUser } from '../../app/services';
import { Button, Notice, PasswordField, Section, toast } from '../../ui';
import { useForm } from '../auth/useForm';
import { checkNewPassword, checkPassword } from '../auth/validate';

export function PasswordPart() {
  const { t } = useTranslation();
  const { api } = useServices();
  const user = useUser();
  /** Another form after it was changed: its fields are empty. */
  const [turn, setTurn] = useState(0);
  const { busy, error, field, onSubmit } = useForm({
    names: ['currentPassword', 'newPassword'],
    check: ({ currentPassword, newPassword }) => ({
      currentPassword: checkPassword(t, currentPassword),
      newPassword: checkNewPassword(t, newPassword),
    }),
    send: async (passwords) => {
      await api.put('/auth/password', passwords);
      setTurn((n) => n + 1);
      toast(t('account.passwordChanged'));
    },
    fieldOf: { invalid_credentials: 'currentPassword', invalid_password: 'newPassword' },
    words: { invalid_credentials: t('account.passwordWrong') },
  });
  return (
    <Section title={t('account.password')} text={t('account.passwordText')}>
      <form key={turn} onSubmit={onSubmit} noValidate>
        {/* For the browser's list of passwords: whose it is. */}
        <input type="text" hidden readOnly autoComplete="username" value={user?.email ?? ''} />
        <PasswordField {...field('currentPassword')} label={t('account.current')} autoComplete="current-password" />
        <PasswordField
          {...field('newPassword')}
          label={t('account.new')}
          hint={t('auth.passwordHint')}
          autoComplete="new-password"
        />
        {error && (
          <Notice tone="blocked" alert>
            {error}
          </Notice>
        )}
        <Button type="submit" busy={busy}>
          {t('account.change')}
        </Button>
      </form>
    </Section>
  );
}
