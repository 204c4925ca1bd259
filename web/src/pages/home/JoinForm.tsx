// SPDX-License-Identifier: Apache-2.0
// Join by name or by a pasted link. The field is not React's: what stands in it may be a key, goes to the key worker, and is
// not kept.
import { Link as LinkIcon } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { useKeys } from '../../app/services';
import { Button, Field } from '../../ui';
import css from './HomePage.module.css';
import { readInvite } from './invite';

export function JoinForm() {
  const { t } = useTranslation();
  const keys = useKeys();
  const [, go] = useLocation();
  const [error, setError] = useState<string | null>(null);

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem('invite') as HTMLInputElement;
    const text = field.value;
    const invite = readInvite(text, location.host);
    if (invite.kind === 'nothing') return setError(t('home.notAnInvite'));
    if (invite.kind === 'elsewhere') return setError(t('home.elsewhere', { host: invite.host }));
    field.value = '';
    await keys.enter(invite.name);
    const isGood =
      !invite.hasKey ||
      (await keys.paste(text.trim()).then(
        () => true,
        () => false,
      ));
    if (isGood) go(`/m/${invite.name}`);
    else setError(t('key.damaged'));
  };

  return (
    <form className={css.join} onSubmit={(event) => void submit(event)} noValidate>
      <Field
        name="invite"
        label={t('home.invite')}
        hint={t('home.inviteHint')}
        error={error}
        icon={LinkIcon}
        placeholder={t('home.invitePlaceholder')}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="go"
        onInput={() => setError(null)}
      />
      <Button type="submit">{t('home.join')}</Button>
    </form>
  );
}
