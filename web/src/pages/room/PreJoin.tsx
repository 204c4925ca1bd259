// SPDX-License-Identifier: Apache-2.0
// Before going in: how one looks and sounds, under which name, who is there, and whether it is encrypted. Nothing is sent yet.
import { Hourglass } from 'lucide-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Admission, type ArchivedOwned, codeOf, joinAsGuest, joinRoom } from '../../api';
import { useServices, useUser, useWho } from '../../app/services';
import type { MeetingProps } from '../../meeting/handoff';
import { Button, Field, Notice, roomTitle, TopBar } from '../../ui';
import { errorText } from '../errors';
import { keepChoice, readChoice } from './choice';
import { DeviceRow } from './DeviceRow';
import { Inside } from './Inside';
import { KeyBox } from './KeyBox';
import { askUntilLetIn } from './lobby';
import css from './PreJoin.module.css';
import { Preview } from './Preview';
import { stateOfCode } from './states';
import { useMedia } from './useMedia';
import type { Look } from './useRoom';

interface PreJoinProps {
  look: Extract<Look, { status: 'open' }>;
  encrypted: boolean;
  /** Begins to load what the meeting needs. */
  onPrepare: () => unknown;
  onJoin: (inside: Pick<MeetingProps, 'admission' | 'media' | 'name'>) => void;
  /** The server does not let us in. */
  onRefused: (code: string) => void;
}

export function PreJoin({ look, encrypted, onPrepare, onJoin, onRefused }: PreJoinProps) {
  const { t } = useTranslation();
  const { api, session } = useServices();
  const user = useUser();
  const isMember = useWho().status === 'member';
  const media = useMedia();
  const [name, setName] = useState(() => (isMember && user?.name) || readChoice().name || user?.name || '');
  const [busy, setBusy] = useState(false);
  const [nameError, setNameError] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [waits, setWaits] = useState(false);
  const asking = useRef<AbortController | null>(null);
  const { check } = look;

  useEffect(() => void onPrepare(), [onPrepare]);
  useEffect(() => () => asking.current?.abort(), []);

  const giveUp = (): void => {
    asking.current?.abort();
    setWaits(false);
    setBusy(false);
  };

  const ask = async (): Promise<Admission | ArchivedOwned> => {
    if (isMember) return look.admission ?? joinRoom(api, check.name);
    const admission = await joinAsGuest(api, check.name, name.trim());
    if (admission.accessToken) {
      api.setTokens({ accessToken: admission.accessToken });
      void session.reload().catch(() => undefined);
    }
    return admission;
  };

  const join = async (): Promise<void> => {
    if (!name.trim()) return setNameError(t('room.nameMissing'));
    setBusy(true);
    setError(null);
    try {
      asking.current = new AbortController();
      const admission = await askUntilLetIn(ask, { onWait: () => setWaits(true), signal: asking.current.signal });
      if (!admission) return;
      if ('status' in admission) return onRefused(admission.status);
      keepChoice({ name: name.trim() });
      const { microphone, camera, speaker } = media.ids;
      onJoin({
        admission,
        name: name.trim(),
        media: {
          microphone: media.on.microphone && !media.troubles.microphone,
          camera: media.on.camera && !media.troubles.camera,
          ...{ microphoneId: microphone, cameraId: camera, speakerId: speaker },
        },
      });
    } catch (reason) {
      if (stateOfCode(codeOf(reason)) && codeOf(reason) !== 'network' && codeOf(reason) !== 'invalid_name') {
        return onRefused(codeOf(reason));
      }
      setError(errorText(t, reason));
      setBusy(false);
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void join();
  };
  const hears = !media.isAsking && !media.tracks.microphone && !media.tracks.camera;

  return (
    <div className={`stage ${css.page}`}>
      <TopBar />
      <main className={css.columns}>
        <div className={css.picture}>
          <Preview media={media} identity={user?.id ?? name} name={name} />
          <DeviceRow media={media} />
        </div>
        <form className={css.side} onSubmit={submit} noValidate>
          <div>
            <h1 className="t-headline">{roomTitle(check.name)}</h1>
            <Inside check={check} />
          </div>
          <Field
            label={t('room.name')}
            hint={t(isMember ? 'room.nameOfAccount' : 'room.nameHint')}
            value={name}
            error={nameError}
            readOnly={isMember}
            onChange={(event) => {
              setName(event.currentTarget.value);
              setNameError(null);
            }}
            autoComplete="name"
            maxLength={50}
            large
          />
          <KeyBox encrypted={encrypted} />
          {error && (
            <Notice tone="blocked" alert>
              {error}
            </Notice>
          )}
          {waits && (
            <Notice
              tone="waiting"
              icon={Hourglass}
              title={t('room.waitsTitle')}
              action={
                <Button size="dense" onClick={giveUp}>
                  {t('room.waitsStop')}
                </Button>
              }
            >
              <span role="status">{t('room.waits')}</span>
            </Notice>
          )}
          <div className={css.join}>
            <Button type="submit" look="primary" size="large" wide busy={busy}>
              {t(hears ? 'room.joinToListen' : 'room.join')}
            </Button>
          </div>
        </form>
      </main>
    </div>
  );
}
