// SPDX-License-Identifier: Apache-2.0
import { Ear, EarOff, Hand, MessageSquareOff, Mic, MicOff, MonitorUp, UserPlus, Video, VideoOff } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PersonHealth } from '../../e2ee/health';
import { Avatar, Button } from '../../ui';
import { canModerate, type PersonView } from '../call/people';
import { useCall, useCallState, useHealth, useWatched } from '../call/useCall';
import { LOCK_ICONS } from '../stage/lock';
import tile from '../stage/Tile.module.css';
import { useUi } from '../useUi';
import { LobbySection } from './LobbySection';
import { Panel } from './Panel';
import css from './People.module.css';
import { PersonMenu } from './PersonMenu';

const SEARCH_FROM = 8;

interface RowProps {
  person: PersonView;
  health: PersonHealth | undefined;
  hasHand: boolean;
  isDeaf: boolean;
}

function Row({ person, health, hasHand, isDeaf }: RowProps) {
  const { t } = useTranslation('meeting');
  const Lock = health && LOCK_ICONS[health.state];
  const about = [
    (person.role === 'host' || person.role === 'moderator' || person.role === 'guest') &&
      t(`people.role.${person.role}`),
    health && t(`lock.${health.state}`),
  ].filter(Boolean);
  return (
    <li className={css.person} data-person={person.identity}>
      <Avatar identity={person.identity} name={person.name} url={person.avatarUrl} size={40} />
      <div className={css.words}>
        <b dir="auto">{person.isLocal ? t('tile.you', { name: person.name }) : person.name}</b>
        <span>
          {Lock && (
            <span className={tile.lock} data-state={health.state}>
              <Lock size={14} strokeWidth={2} aria-hidden />
            </span>
          )}
          {about.join(', ')}
        </span>
      </div>
      <span className={css.marks}>
        {hasHand && <Hand size={18} strokeWidth={1.75} aria-label={t('tile.hand')} className={css.hand} />}
        {isDeaf && <EarOff size={18} strokeWidth={1.75} aria-label={t('people.deaf')} />}
        {person.chatBlocked && <MessageSquareOff size={18} strokeWidth={1.75} aria-label={t('people.chatBlocked')} />}
        {person.screen && <MonitorUp size={18} strokeWidth={1.75} aria-label={t('people.shares')} />}
        {person.camera ? (
          <Video size={18} strokeWidth={1.75} aria-label={t('people.cameraOn')} />
        ) : (
          <VideoOff size={18} strokeWidth={1.75} aria-label={t('people.cameraOff')} />
        )}
        {person.microphone === 'on' ? (
          <Mic size={18} strokeWidth={1.75} aria-label={t('people.microphoneOn')} />
        ) : (
          <MicOff size={18} strokeWidth={1.75} aria-label={t('tile.muted')} />
        )}
      </span>
      <PersonMenu person={person} />
    </li>
  );
}

/** Hands first, in the order in which they went up; then by name, and we at the end. */
export function sortPeople(people: readonly PersonView[], hands: readonly string[]): PersonView[] {
  const rank = ({ identity, isLocal }: PersonView): number => {
    const hand = hands.indexOf(identity);
    return hand >= 0 ? hand : isLocal ? 2_000_000 : 1_000_000;
  };
  return [...people].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

export default function PeoplePanel() {
  const { t } = useTranslation('meeting');
  const call = useCall();
  const { people } = useCallState();
  const { hands, deaf } = useWatched(call.signals);
  const health = useHealth();
  const { openPanel } = useUi();
  const [search, setSearch] = useState('');
  const shown = sortPeople(people, hands).filter(({ name }) =>
    name.toLowerCase().includes(search.trim().toLowerCase()),
  );
  return (
    <Panel
      title={t('people.title', { count: people.length })}
      foot={
        <Button icon={UserPlus} wide onClick={() => openPanel('invite')}>
          {t('people.invite')}
        </Button>
      }
    >
      {call.me && canModerate(call.me) && <LobbySection />}
      {people.length >= SEARCH_FROM && (
        <input
          type="search"
          className={css.search}
          aria-label={t('people.search')}
          placeholder={t('people.search')}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <ul className={css.people}>
        {shown.map((person) => (
          <Row
            key={person.identity}
            person={person}
            health={health?.people.find(({ identity }) => identity === person.identity)}
            hasHand={hands.includes(person.identity)}
            isDeaf={deaf.has(person.identity)}
          />
        ))}
      </ul>
      {shown.length === 0 && (
        <p className={css.nobody}>
          <Ear size={21} strokeWidth={1.75} aria-hidden />
          {t('people.nobody')}
        </p>
      )}
    </Panel>
  );
}
