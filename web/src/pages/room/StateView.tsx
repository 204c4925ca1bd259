// SPDX-License-Identifier: Apache-2.0
// Why one is not inside: what happened, then what to do.
import { Copy, EyeOff, Info } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { createRoom, type Room } from '../../api';
import { useServices, useWho } from '../../app/services';
import { Button, ButtonLink, Notice, roomTitle, StatePage, toast } from '../../ui';
import { errorText } from '../errors';
import { STATES, type StateName, type Way } from './states';

interface StateViewProps {
  name: StateName;
  room: string;
  /** What the server or the meeting said besides. */
  detail?: string;
  /** Of a room that is over and can be made again. */
  archived?: Pick<Room, 'mode' | 'settings'>;
  onAgain: () => void;
}

const HAS_FACTS: readonly StateName[] = ['cannot', 'damaged', 'disagrees'];

export function StateView({ name, room, detail, archived, onAgain }: StateViewProps) {
  const { t } = useTranslation();
  const { api } = useServices();
  const [, go] = useLocation();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const isMember = useWho().status === 'member';
  const { icon, tone } = STATES[name];
  // Who is signed in is not helped by signing in.
  const way = STATES[name].way === 'sign-in' && isMember ? 'home' : STATES[name].way;
  const title = roomTitle(room);

  const renew = async (): Promise<void> => {
    setBusy(true);
    try {
      await createRoom(api, { name: room, isPublic: true, maxParticipants: 0, settings: archived?.settings ?? {} });
      onAgain();
    } catch (reason) {
      setError(errorText(t, reason));
      setBusy(false);
    }
  };
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(`${location.origin}/m/${room}`);
    toast(t('rooms.copied'));
  };
  const ways: Record<Way, () => void> = {
    ...{ rejoin: onAgain, again: onAgain, home: () => go('/'), 'sign-in': () => go(`/auth/login?next=/m/${room}`) },
    copy: () => void copy().catch(() => toast(t('rooms.notCopied'))),
    renew: () => void renew(),
  };
  return (
    <StatePage
      icon={icon}
      tone={tone}
      title={t(`states.${name}.title`, { room: title })}
      text={t(`states.${name}.text`, { room: title })}
      facts={HAS_FACTS.includes(name) ? [{ icon: EyeOff, text: t('states.facts.notConnected') }] : []}
    >
      {(detail || error) && (
        <Notice icon={Info} alert={Boolean(error)}>
          {error ?? detail}
        </Notice>
      )}
      <Button look="primary" size="large" icon={way === 'copy' ? Copy : undefined} busy={busy} onClick={ways[way]}>
        {t(`states.ways.${way}`)}
      </Button>
      {way !== 'home' && (
        <ButtonLink href="/" size="large">
          {t('nav.home')}
        </ButtonLink>
      )}
    </StatePage>
  );
}
