// SPDX-License-Identifier: Apache-2.0
import { EyeOff, Globe, Users } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Room } from '../../api';
import { Button, EncryptionBadge, roomTitle } from '../../ui';
import { dayText } from '../dates';
import css from './RoomCard.module.css';
import { type RoomAct, RoomMenu } from './RoomMenu';

interface RoomCardProps {
  room: Room;
  isOwn: boolean;
  onOpen: () => void;
  onAct: (act: RoomAct) => void;
}

function useAbout(room: Room): string {
  const { t } = useTranslation();
  const parts = [
    room.settings.requireApproval && t('rooms.aboutApproval'),
    room.maxParticipants > 0 && t('rooms.aboutMost', { count: room.maxParticipants }),
    room.mode !== 'standard' && t(`rooms.mode.${room.mode}`),
  ].filter((part) => typeof part === 'string');
  return parts.length > 0 ? parts.join(', ') : t(room.isPublic ? 'rooms.aboutPublic' : 'rooms.aboutPrivate');
}

/** Where nobody is. */
export function RoomCard({ room, isOwn, onOpen, onAct }: RoomCardProps) {
  const { t, i18n } = useTranslation();
  const about = useAbout(room);
  const Access = room.isPublic ? Globe : EyeOff;
  const title = roomTitle(room.name);
  return (
    <article className={css.card}>
      <div className={css.head}>
        <h3 className={css.title} title={room.name}>
          {title}
        </h3>
        <RoomMenu room={room} isOwn={isOwn} onAct={onAct} />
      </div>
      <p className={css.about}>{about}</p>
      <p className={css.badge}>
        <EncryptionBadge e2ee={room.settings.e2ee} />
      </p>
      <div className={css.foot}>
        <span className={css.fact}>
          <Access size={16} strokeWidth={2} aria-hidden />
          {t(room.isPublic ? 'rooms.public' : 'rooms.private')}
        </span>
        <span className={css.when}>{dayText(room.lastActivityAt, i18n.language)}</span>
        <Button look="link" onClick={onOpen} aria-label={t('rooms.startNamed', { room: title })}>
          {t('rooms.start')}
        </Button>
      </div>
    </article>
  );
}

/** Where somebody is. */
export function LiveCard({ room, isOwn, onOpen, onAct }: RoomCardProps) {
  const { t } = useTranslation();
  const about = useAbout(room);
  const title = roomTitle(room.name);
  return (
    <article className={css.card}>
      <div className={css.head}>
        <h3 className={css.title} title={room.name}>
          {title}
        </h3>
        <EncryptionBadge e2ee={room.settings.e2ee} />
        <span className={css.gap} />
        <RoomMenu room={room} isOwn={isOwn} onAct={onAct} />
      </div>
      <p className={css.about}>{about}</p>
      <div className={css.inside}>
        <span className={css.count}>
          <Users size={18} strokeWidth={1.75} aria-hidden />
          {t('rooms.inside', { count: room.participantsCount ?? 0 })}
        </span>
        <Button onClick={onOpen} aria-label={t('rooms.joinNamed', { room: title })}>
          {t('rooms.join')}
        </Button>
      </div>
    </article>
  );
}
