// SPDX-License-Identifier: Apache-2.0
// What one can do about somebody: for oneself, and for all by who may.
import {
  Ban,
  Ellipsis,
  MessageSquareOff,
  MessageSquare,
  Mic,
  MicOff,
  MonitorX,
  Pin,
  Presentation,
  ShieldPlus,
  ShieldMinus,
  Star,
  UserMinus,
  Video,
  VideoOff,
  VolumeOff,
  Volume2,
} from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Moderation } from '../../api';
import { Confirm, IconButton, Menu, MenuItem, MenuLine, toast } from '../../ui';
import { canModerate, type PersonView } from '../call/people';
import { useCall } from '../call/useCall';
import { useUi } from '../useUi';
import { useModeration } from './useModeration';

type Act = {
  act: Moderation;
  icon: typeof Mic;
  word:
    | 'mute'
    | 'askUnmute'
    | 'videoOff'
    | 'askCamera'
    | 'screenOff'
    | 'spotlight'
    | 'deafen'
    | 'blockChat'
    | 'unblockChat'
    | 'promote'
    | 'demote'
    | 'bringOnStage'
    | 'takeOffStage';
};

/** In this order; what makes no sense for somebody as they are now is left out. */
export function actsFor(person: PersonView, me: PersonView, mode: string): Act[] {
  const isHost = me.role === 'host';
  const all: (Act | false | null)[] = [
    person.microphone === 'on'
      ? isHost && { act: 'mute', icon: MicOff, word: 'mute' }
      : { act: 'askUnmute', icon: Mic, word: 'askUnmute' },
    person.camera
      ? { act: 'videoOff', icon: VideoOff, word: 'videoOff' }
      : { act: 'askCamera', icon: Video, word: 'askCamera' },
    person.screen && { act: 'screenOff', icon: MonitorX, word: 'screenOff' },
    { act: 'spotlight', icon: Star, word: 'spotlight' },
    mode !== 'standard' && { act: 'bringOnStage', icon: Presentation, word: 'bringOnStage' },
    mode !== 'standard' && { act: 'takeOffStage', icon: Presentation, word: 'takeOffStage' },
    { act: 'deafen', icon: VolumeOff, word: 'deafen' },
    person.chatBlocked
      ? { act: 'unblockChat', icon: MessageSquare, word: 'unblockChat' }
      : { act: 'blockChat', icon: MessageSquareOff, word: 'blockChat' },
    isHost &&
      (person.role === 'moderator'
        ? { act: 'demote', icon: ShieldMinus, word: 'demote' }
        : { act: 'promote', icon: ShieldPlus, word: 'promote' }),
  ];
  return all.filter((one): one is Act => Boolean(one));
}

export function PersonMenu({ person }: { person: PersonView }) {
  const { t } = useTranslation('meeting');
  const call = useCall();
  const { togglePin, pinned } = useUi();
  const moderate = useModeration();
  const [asks, setAsks] = useState<'kick' | 'ban' | null>(null);
  const [volume, setVolume] = useState(() => call.audience.volumeOf(person.identity));
  const { me } = call;
  const mayModerate = me && canModerate(me) && !person.isLocal && person.role !== 'host';
  const { name, identity } = person;
  const isPinned = pinned === identity;
  const remove = async (act: 'kick' | 'ban'): Promise<void> => {
    setAsks(null);
    if (await moderate(act, person)) toast(t(act === 'ban' ? 'people.banned' : 'people.removed', { name }));
  };
  const setOwnVolume = (next: number): void => {
    call.audience.setVolume(identity, next);
    setVolume(next);
  };
  return (
    <>
      <Menu
        stage
        label={t('people.menu', { name })}
        trigger={<IconButton dense icon={Ellipsis} label={t('people.menu', { name })} />}
      >
        <MenuItem icon={Pin} onSelect={() => togglePin(identity)}>
          {t(isPinned ? 'tile.unpin' : 'tile.pin')}
        </MenuItem>
        {!person.isLocal && (
          <MenuItem icon={volume > 0 ? VolumeOff : Volume2} onSelect={() => setOwnVolume(volume > 0 ? 0 : 1)}>
            {t(volume > 0 ? 'people.muteForMe' : 'people.hearAgain')}
          </MenuItem>
        )}
        {mayModerate && (
          <>
            <MenuLine />
            {actsFor(person, me, call.admission.mode).map(({ act, icon, word }) => (
              <MenuItem key={word} icon={icon} onSelect={() => void moderate(act, person)}>
                {t(`moderate.${word}`)}
              </MenuItem>
            ))}
            <MenuLine />
            <MenuItem icon={UserMinus} danger onSelect={() => setAsks('kick')}>
              {t('moderate.kick')}
            </MenuItem>
            <MenuItem icon={Ban} danger onSelect={() => setAsks('ban')}>
              {t('moderate.ban')}
            </MenuItem>
          </>
        )}
      </Menu>
      {asks && (
        <Confirm
          title={t(asks === 'ban' ? 'people.banTitle' : 'people.removeTitle', { name })}
          action={t(`moderate.${asks}`)}
          danger
          onConfirm={() => void remove(asks)}
          onClose={() => setAsks(null)}
        >
          <p>
            {t(asks === 'ban' ? 'people.banText' : call.manager ? 'people.removeTextKey' : 'people.removeText', {
              name,
            })}
          </p>
        </Confirm>
      )}
    </>
  );
}
