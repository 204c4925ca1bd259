// SPDX-License-Identifier: Apache-2.0
// Which microphone, camera and loudspeaker; and what to do when the browser does not give them.
import { ChevronDown, type LucideIcon, Mic, Video, Volume2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button, Menu, MenuChoice, Notice } from '../../ui';
import css from './DeviceRow.module.css';
import { browserOf, type Kind } from './media';
import { playTest } from './sound';
import type { DeviceKind, Media } from './useMedia';

function Picker({ kind, icon: Icon, media }: { kind: DeviceKind; icon: LucideIcon; media: Media }) {
  const { t } = useTranslation();
  const list = media.devices[kind];
  const chosen = list.find(({ id }) => id === media.ids[kind]) ?? list[0];
  const name = t(`room.${kind}`);
  const face = (
    <button type="button" className={css.picker} disabled={!chosen}>
      <Icon size={16} strokeWidth={2} aria-hidden />
      <span className={css.name}>
        <span className="said">{name}: </span>
        {chosen?.label ?? t(`room.no.${kind}`)}
      </span>
      <ChevronDown size={16} aria-hidden />
    </button>
  );
  return (
    <Menu trigger={face} align="start" stage label={name}>
      <MenuChoice
        label={name}
        value={chosen?.id ?? ''}
        options={list.map(({ id, label }) => ({ value: id, text: label }))}
        onChoose={(id) => media.choose(kind, id)}
      />
    </Menu>
  );
}

function SoundTest({ speaker }: { speaker?: string }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const play = (): void => {
    setBusy(true);
    void playTest(speaker).finally(() => setBusy(false));
  };
  return (
    <Button className={css.test} busy={busy} onClick={play}>
      {t('room.testSound')}
    </Button>
  );
}

/** One at a time: a denied permission usually concerns both. */
function Troubles({ media }: { media: Media }) {
  const { t } = useTranslation();
  const { microphone, camera } = media.troubles;
  const kinds = (['microphone', 'camera'] as const).filter((kind: Kind) => media.troubles[kind]);
  if (kinds.length === 0) return null;
  const which = kinds.length === 2 && microphone === camera ? 'both' : (kinds[0] ?? 'both');
  const trouble = (which === 'camera' ? camera : microphone) ?? 'none';
  const steps = trouble === 'denied' ? ` ${t(`room.allow.${browserOf()}`)}` : '';
  return (
    <Notice tone="waiting">
      {t(`room.trouble.${trouble}`, { device: t(`room.device.${which}`) })}
      {steps}
    </Notice>
  );
}

export function DeviceRow({ media }: { media: Media }) {
  return (
    <div className={css.all}>
      <div className={css.row}>
        <Picker kind="microphone" icon={Mic} media={media} />
        <Picker kind="camera" icon={Video} media={media} />
        <Picker kind="speaker" icon={Volume2} media={media} />
        <SoundTest speaker={media.ids.speaker} />
      </div>
      <Troubles media={media} />
    </div>
  );
}
