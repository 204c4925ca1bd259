// SPDX-License-Identifier: Apache-2.0
// The newest link, pasted in the middle of a meeting: our key differs, or was replaced without us.
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useKeys } from '../app/services';
import { Button, toast } from '../ui';
import css from './Banner.module.css';

export function PasteKey() {
  const { t } = useTranslation('meeting');
  const keys = useKeys();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    const text = String(new FormData(form).get('link') ?? '').trim();
    if (!text) return;
    setBusy(true);
    form.reset();
    await keys.paste(text).catch(() => toast(t('paste.notAKey')));
    setBusy(false);
  };
  return (
    <form className={css.paste} onSubmit={(event) => void submit(event)}>
      <input
        name="link"
        type="password"
        autoComplete="off"
        aria-label={t('paste.label')}
        placeholder={t('paste.label')}
      />
      <Button type="submit" size="dense" busy={busy}>
        {t('paste.use')}
      </Button>
    </form>
  );
}
