// SPDX-License-Identifier: Apache-2.0
// What a room can be set to; the same when it is made and when it is changed.
import { EyeOff, Globe, MessageSquare, Mic, ShieldCheck, ShieldOff, UserCheck, Video } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { RoomSettings } from '../../api';
import { Chip, Notice, Segments, Stepper } from '../../ui';
import css from './RoomFields.module.css';

export type Chips = Pick<RoomSettings, 'allowChat' | 'allowVideo' | 'allowAudio' | 'requireApproval' | 'e2ee'>;

export interface RoomValues {
  isPublic: boolean;
  maxParticipants: number;
  chips: Chips;
}

export const NEW_ROOM: RoomValues = {
  isPublic: true,
  maxParticipants: 0,
  chips: { allowChat: true, allowVideo: true, allowAudio: true, requireApproval: false, e2ee: true },
};

const CHIPS = [
  { name: 'allowChat', icon: MessageSquare },
  { name: 'allowVideo', icon: Video },
  { name: 'allowAudio', icon: Mic },
  { name: 'requireApproval', icon: UserCheck },
] as const;

const MOST_PEOPLE = 1000;

interface RoomFieldsProps {
  values: RoomValues;
  onChange: (values: RoomValues) => void;
  /** The room exists, and is encrypted: what it takes to change that is told. */
  sticky?: boolean;
  /** This browser cannot encrypt. */
  cannot?: boolean;
}

export function RoomFields({ values, onChange, sticky, cannot }: RoomFieldsProps) {
  const { t } = useTranslation();
  const id = useId();
  const { chips } = values;
  const set = (change: Partial<Chips>): void => onChange({ ...values, chips: { ...chips, ...change } });
  return (
    <>
      <div className={css.pair}>
        <div>
          <Segments
            field
            label={t('rooms.access')}
            value={values.isPublic ? 'public' : 'private'}
            options={[
              { value: 'public', text: t('rooms.public'), icon: Globe },
              { value: 'private', text: t('rooms.private'), icon: EyeOff },
            ]}
            onChange={(value) => onChange({ ...values, isPublic: value === 'public' })}
          />
          <p className={css.hint}>{t(values.isPublic ? 'rooms.publicHint' : 'rooms.privateHint')}</p>
        </div>
        <Stepper
          label={t('rooms.most')}
          value={values.maxParticipants}
          least={0}
          most={MOST_PEOPLE}
          none={t('rooms.noLimit')}
          onChange={(maxParticipants) => onChange({ ...values, maxParticipants })}
        />
      </div>
      <fieldset className={css.chips}>
        <legend>{t('rooms.inThisRoom')}</legend>
        {CHIPS.map(({ name, icon }) => (
          <Chip
            key={name}
            icon={icon}
            label={t(`rooms.chips.${name}`)}
            on={chips[name]}
            onChange={(on) => set({ [name]: on })}
          />
        ))}
        <Chip
          icon={ShieldCheck}
          label={t('rooms.chips.e2ee')}
          enc
          on={chips.e2ee}
          disabled={cannot && !chips.e2ee}
          describedBy={id}
          onChange={(e2ee) => set({ e2ee })}
        />
      </fieldset>
      <div id={id} aria-live="polite">
        {chips.e2ee ? (
          <Notice tone="enc" icon={ShieldCheck} title={t('rooms.e2eeTitle')}>
            {t(sticky ? 'rooms.e2eeSticky' : 'rooms.e2eeOn')}
          </Notice>
        ) : (
          <Notice icon={ShieldOff} title={t('encryption.offTitle')}>
            {t(cannot ? 'rooms.e2eeCannot' : sticky ? 'rooms.e2eeTurningOff' : 'rooms.e2eeOff')}
          </Notice>
        )}
      </div>
    </>
  );
}
