// SPDX-License-Identifier: Apache-2.0
// Who is there already: names for those whom the server tells them, else how many.
import { Users } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RoomCheck } from '../../api';
import { useApi, useWho } from '../../app/services';
import { Avatar } from '../../ui';
import css from './PreJoin.module.css';

interface Person {
  identity: string;
  name: string;
  avatarUrl?: string;
}

const SHOWN = 3;
const NAMED = 2;

function usePeople(check: RoomCheck): Person[] {
  const api = useApi();
  const { status } = useWho();
  const [people, setPeople] = useState<Person[]>([]);
  useEffect(() => {
    if (status !== 'member' || check.count === 0) return;
    const stop = new AbortController();
    api.get<{ participants?: Person[] }>(`/room/${encodeURIComponent(check.id)}/presence`, stop.signal).then(
      ({ participants }) => setPeople(participants ?? []),
      () => undefined,
    );
    return () => stop.abort();
  }, [api, status, check.id, check.count]);
  return people;
}

export function Inside({ check }: { check: RoomCheck }) {
  const { t, i18n } = useTranslation();
  const people = usePeople(check);
  if (check.count === 0) return <p className={css.inside}>{t('room.empty')}</p>;
  if (people.length === 0) {
    return (
      <p className={css.inside}>
        <Users size={18} strokeWidth={1.75} aria-hidden />
        {t('room.inside', { count: check.count })}
      </p>
    );
  }
  const others = people.length - NAMED;
  const names = people.slice(0, NAMED).map(({ name }) => name.split(' ')[0] ?? name);
  if (others > 0) names.push(t('room.others', { count: others }));
  return (
    <p className={css.inside}>
      <span className={css.avatars}>
        {people.slice(0, SHOWN).map(({ identity, name, avatarUrl }) => (
          <Avatar key={identity} identity={identity} name={name} url={avatarUrl} />
        ))}
      </span>
      {t('room.areInside', { count: people.length, names: new Intl.ListFormat(i18n.language).format(names) })}
    </p>
  );
}
