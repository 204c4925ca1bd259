// SPDX-License-Identifier: Apache-2.0
// The server's settings. Those with words of their own come first; what a newer server has besides is shown by its name.
import { type FormEvent, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useApi } from '../../app/services';
import { Button, Field, toast } from '../../ui';
import words from '../../words/en/app.json';
import { errorText } from '../errors';
import { PageHead } from '../frame/PageHead';
import { Shown } from '../Shown';
import { useLoad } from '../useLoad';
import css from './admin.module.css';
import { AdminFrame } from './AdminFrame';
import { type ServerValues, setSettings, settings } from './api';

type Known = keyof typeof words.admin.values;

const isKnown = (name: string): name is Known => name in words.admin.values;

/** Only what was changed is sent. */
export function changesOf(before: ServerValues, form: FormData): ServerValues {
  const changes: ServerValues = {};
  for (const [name, value] of Object.entries(before)) {
    const given = form.get(name);
    const now =
      typeof value === 'boolean' ? given !== null : typeof value === 'number' ? Number(given) : String(given ?? '');
    if (now !== value && !Number.isNaN(now)) changes[name] = now;
  }
  return changes;
}

function Form({ values, onSaved }: { values: ServerValues; onSaved: (values: ServerValues) => void }) {
  const { t } = useTranslation();
  const api = useApi();
  const [busy, setBusy] = useState(false);
  const label = (name: string): string => (isKnown(name) ? t(`admin.values.${name}`) : name);
  const save = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const changes = changesOf(values, new FormData(event.currentTarget));
    setBusy(true);
    setSettings(api, changes)
      .then(() => {
        onSaved({ ...values, ...changes });
        toast(t('rooms.saved'));
      })
      .catch((error: unknown) => toast(errorText(t, error)))
      .finally(() => setBusy(false));
  };
  const names = Object.keys(values).sort((a, b) => Number(isKnown(b)) - Number(isKnown(a)));
  return (
    <form className={css.form} onSubmit={save} noValidate>
      {names.map((name) =>
        typeof values[name] === 'boolean' ? (
          <label key={name} className={css.check}>
            <input type="checkbox" name={name} defaultChecked={values[name]} />
            {label(name)}
          </label>
        ) : (
          <Field
            key={name}
            name={name}
            label={label(name)}
            inputMode={typeof values[name] === 'number' ? 'numeric' : undefined}
            defaultValue={String(values[name])}
          />
        ),
      )}
      <div>
        <Button type="submit" look="primary" busy={busy}>
          {t('rooms.save')}
        </Button>
      </div>
    </form>
  );
}

function Settings() {
  const { t } = useTranslation();
  const api = useApi();
  const load = useCallback((signal: AbortSignal) => settings(api, signal), [api]);
  const { state, reload, set } = useLoad(load);
  return (
    <>
      <PageHead title={t('nav.settings')} />
      <Shown state={state} place={css.number} onRetry={reload}>
        {(value) => <Form values={value} onSaved={(values) => set(() => values)} />}
      </Shown>
    </>
  );
}

export default function SettingsPage() {
  return (
    <AdminFrame>
      <Settings />
    </AdminFrame>
  );
}
