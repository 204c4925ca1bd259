// SPDX-License-Identifier: Apache-2.0
// The room is encrypted and there is no key, or a damaged one. It is taken from a link that is pasted or a code that is read,
// and goes to the key worker as it is.
import { EyeOff, KeyRound, Link as LinkIcon, RefreshCw, ScanLine, Unlink, Users } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { Trans, useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { listRooms, type RoomCheck } from '../../api';
import { useServices, useUser, useWho } from '../../app/services';
import { Button, Field, roomTitle, StatePage } from '../../ui';
import { readInvite } from '../home/invite';
import css from './KeyPage.module.css';
import { QrScan } from './QrScan';

interface KeyPageProps {
  check: RoomCheck;
  damaged: boolean;
}

/** Whether the room is of whoever is signed in: they may begin with a new key. */
function useIsOwn(name: string): boolean {
  const { api } = useServices();
  const { status } = useWho();
  const user = useUser();
  const [isOwn, setOwn] = useState(false);
  useEffect(() => {
    if (status !== 'member') return;
    const stop = new AbortController();
    listRooms(api, stop.signal).then(
      (rooms) => setOwn(rooms.some((room) => room.name === name && room.createdBy === user?.id)),
      () => undefined,
    );
    return () => stop.abort();
  }, [api, name, status, user?.id]);
  return isOwn;
}

export function KeyPage({ check, damaged }: KeyPageProps) {
  const { t } = useTranslation();
  const { keys } = useServices();
  const [, go] = useLocation();
  const [error, setError] = useState<string | null>(null);
  const [isScanning, setScanning] = useState(false);
  const isOwn = useIsOwn(check.name);
  const title = roomTitle(check.name);

  /** A link, or a key alone. */
  const take = async (text: string): Promise<void> => {
    const invite = readInvite(text, location.host);
    if (invite.kind === 'elsewhere') return setError(t('home.elsewhere', { host: invite.host }));
    const isOther = invite.kind === 'room' && invite.hasKey && invite.name !== check.name;
    try {
      if (isOther) await keys.enter(invite.name);
      await keys.paste(text.trim());
      if (isOther) go(`/m/${invite.name}`);
    } catch {
      setError(t(text.includes('#') ? 'key.damaged' : 'key.notALink'));
    }
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem('link') as HTMLInputElement;
    const text = field.value;
    field.value = '';
    void take(text);
  };
  const people = check.count > 0 && { icon: Users, text: t('key.inside', { count: check.count }) };
  const renew = isOwn &&
    !damaged &&
    check.count === 0 && {
      icon: RefreshCw,
      text: (
        <Trans
          i18nKey="key.renew"
          components={[<button key="0" type="button" className={css.link} onClick={() => void keys.make()} />]}
        />
      ),
    };

  return (
    <StatePage
      icon={damaged ? Unlink : KeyRound}
      tone={damaged ? 'blocked' : 'enc'}
      title={damaged ? t('states.damaged.title') : t('key.title', { room: title })}
      text={t(damaged ? 'states.damaged.text' : 'key.text')}
      facts={[{ icon: EyeOff, text: t('states.facts.notConnected') }, people, renew].filter((fact) => fact !== false)}
    >
      <form onSubmit={submit} noValidate>
        <Field
          name="link"
          label={t('key.link')}
          placeholder={t('key.linkPlaceholder')}
          icon={LinkIcon}
          error={error}
          large
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onInput={() => setError(null)}
        />
        <div className={css.actions}>
          <Button type="submit" look="primary" size="large">
            {t('key.continue')}
          </Button>
          <Button size="large" icon={ScanLine} onClick={() => setScanning(true)}>
            {t('key.scan')}
          </Button>
        </div>
      </form>
      {isScanning && (
        <QrScan
          onClose={() => setScanning(false)}
          onRead={(text) => {
            setScanning(false);
            void take(text);
          }}
        />
      )}
    </StatePage>
  );
}
