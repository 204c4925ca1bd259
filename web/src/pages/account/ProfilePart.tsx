// SPDX-License-Identifier: Apache-2.0
import { type ChangeEvent, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { User } from '../../api';
import { useServices } from '../../app/services';
import { Avatar, Button, Field, Notice, Section, toast } from '../../ui';
import { useForm } from '../auth/useForm';
import { checkEmail, checkName } from '../auth/validate';
import { errorText } from '../errors';
import css from './account.module.css';

const MOST_BYTES = 2 * 1024 * 1024;

function Picture({ user }: { user: User }) {
  const { t } = useTranslation();
  const { api, session } = useServices();
  const field = useRef<HTMLInputElement>(null);

  const send = async (event: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const [file] = event.currentTarget.files ?? [];
    event.currentTarget.value = '';
    if (!file) return;
    if (file.size > MOST_BYTES) return toast(t('account.pictureLarge'));
    const form = new FormData();
    form.append('avatar', file);
    try {
      const { avatarUrl } = await api.call<{ avatarUrl: string }>('POST', '/auth/me/avatar', form);
      session.setUser({ ...user, avatarUrl });
    } catch (error) {
      toast(errorText(t, error));
    }
  };
  const remove = async (): Promise<void> => {
    try {
      await api.delete('/auth/me/avatar');
      session.setUser({ ...user, avatarUrl: '' });
    } catch (error) {
      toast(errorText(t, error));
    }
  };
  return (
    <div className={css.picture}>
      <Avatar identity={user.id} name={user.name} url={user.avatarUrl} size={64} />
      <input
        ref={field}
        type="file"
        accept="image/png,image/jpeg,image/gif,image/webp"
        className="said"
        tabIndex={-1}
        aria-label={t('account.choosePicture')}
        onChange={(event) => void send(event)}
      />
      <Button onClick={() => field.current?.click()}>{t('account.choosePicture')}</Button>
      {user.avatarUrl && (
        <Button look="quiet" onClick={() => void remove()}>
          {t('account.removePicture')}
        </Button>
      )}
    </div>
  );
}

export function ProfilePart({ user }: { user: User }) {
  const { t } = useTranslation();
  const { api, session } = useServices();
  const { busy, error, field, onSubmit } = useForm({
    names: ['name', 'email'],
    check: ({ name, email }) => ({ name: checkName(t, name), email: checkEmail(t, email) }),
    send: async ({ name, email }) => {
      session.setUser(await api.put<User>('/auth/me', { name: name.trim(), email: email.trim() }));
      toast(t('account.saved'));
    },
    fieldOf: { invalid_name: 'name', invalid_email: 'email', email_taken: 'email', email_fixed: 'email' },
  });
  return (
    <Section title={t('account.profile')} text={t('account.profileText')}>
      <Picture user={user} />
      <form onSubmit={onSubmit} noValidate>
        <Field {...field('name')} label={t('auth.name')} defaultValue={user.name} autoComplete="name" />
        <Field
          {...field('email')}
          label={t('auth.email')}
          type="email"
          defaultValue={user.email}
          autoComplete="email"
          readOnly={user.provider !== 'local'}
        />
        {error && (
          <Notice tone="blocked" alert>
            {error}
          </Notice>
        )}
        <Button type="submit" look="primary" busy={busy}>
          {t('account.save')}
        </Button>
      </form>
    </Section>
  );
}
