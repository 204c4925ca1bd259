// SPDX-License-Identifier: Apache-2.0
// Before going in.
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { joinAsGuest, joinRoom } from '../../api';
import { useServices, useUser } from '../../app/services';
import type { MeetingProps } from '../../meeting/handoff';
import { Button, Field, Notice } from '../../ui';
import { errorText } from '../errors';
import { roomTitle } from '../../ui';
import css from './PreJoin.module.css';
import type { Look } from './useRoom';

interface PreJoinProps {
  look: Extract<Look, { status: 'open' }>;
  /** Begins to load what the meeting needs. */
  onPrepare: () => unknown;
  onJoin: (inside: Pick<MeetingProps, 'admission' | 'media' | 'name'>) => void;
}

export function PreJoin({ look, onPrepare, onJoin }: PreJoinProps) {
  const { t } = useTranslation();
  const { api, session } = useServices();
  const user = useUser();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const { check } = look;

  useEffect(() => void onPrepare(), [onPrepare]);

  const enter = async (name: string) => {
    if (user && session.who.status === 'member') return look.admission ?? (await joinRoom(api, check.name));
    const admission = await joinAsGuest(api, check.name, name);
    if (admission.accessToken) api.setTokens({ accessToken: admission.accessToken });
    return admission;
  };

  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('name') ?? '').trim();
    if (!name) return setError(t('room.nameMissing'));
    setBusy(true);
    try {
      const admission = await enter(name);
      if ('status' in admission) throw new Error(admission.status);
      onJoin({ admission, name, media: { microphone: true, camera: true } });
    } catch (reason) {
      setError(errorText(t, reason));
      setBusy(false);
    }
  };

  return (
    <main className={`stage ${css.page}`}>
      <form className={css.side} onSubmit={(event) => void submit(event)} noValidate>
        <h1 className="t-headline">{roomTitle(check.name)}</h1>
        <Field
          name="name"
          label={t('room.name')}
          hint={t('room.nameHint')}
          defaultValue={user?.name}
          autoComplete="name"
          maxLength={50}
          large
        />
        {error && (
          <Notice tone="blocked" alert>
            {error}
          </Notice>
        )}
        <Button type="submit" look="primary" size="large" wide busy={busy}>
          {t('room.join')}
        </Button>
      </form>
    </main>
  );
}
