// SPDX-License-Identifier: Apache-2.0
import { CircleAlert, Info, type LucideIcon, MonitorUp, ShieldAlert, ShieldCheck, Volume2, X } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useKeyState } from '../app/services';
import { Button, classes, IconButton } from '../ui';
import css from './Banner.module.css';
import { bannerId, type BannerView, bannersOf } from './banner';
import { useCall, useCallState, useHealth, useMedia } from './call/useCall';
import { PasteKey } from './PasteKey';
import { useInvite } from './panels/useInvite';
import { useUi } from './useUi';

const ICONS: Record<BannerView['tone'], LucideIcon> = {
  blocked: ShieldAlert,
  waiting: CircleAlert,
  enc: ShieldCheck,
  plain: Info,
};

function Action({ kind }: BannerView) {
  const { t } = useTranslation('meeting');
  const call = useCall();
  const { openPanel } = useUi();
  const { copy } = useInvite();
  switch (kind) {
    case 'oldKey':
    case 'differs':
      return <PasteKey />;
    case 'blocked':
    case 'wrongKey':
      return (
        <Button size="dense" onClick={() => openPanel(kind === 'blocked' ? 'people' : 'invite')}>
          {t('banner.details')}
        </Button>
      );
    case 'newKey':
    case 'newKeyMissed':
      return (
        <Button size="dense" onClick={() => void copy()}>
          {t('banner.copyNew')}
        </Button>
      );
    case 'touch':
      return (
        <Button size="dense" onClick={() => void call.room.startAudio()}>
          {t('banner.hear')}
        </Button>
      );
    case 'sharing':
      return (
        <Button size="dense" onClick={() => void call.media.turn('screen', false)}>
          {t('bar.screenOff')}
        </Button>
      );
    default:
      return null;
  }
}

export function Banner() {
  const { t, i18n } = useTranslation('meeting');
  const { t: app } = useTranslation();
  const call = useCall();
  const state = useCallState();
  const { screen } = useMedia();
  const health = useHealth();
  const key = useKeyState();
  const [away, setAway] = useState<readonly string[]>([]);
  const nameOf = (identity: string): string => call.nameOf(identity);
  const all = bannersOf({ call: state, health, key, nameOf, isSharing: screen });
  const banner = all.find((one) => one.stays || !away.includes(bannerId(one)));
  if (!banner) return null;
  const { kind, tone, who } = banner;
  const Icon = kind === 'touch' ? Volume2 : kind === 'sharing' ? MonitorUp : ICONS[tone];
  const names = new Intl.ListFormat(i18n.language).format(who);
  const close = (): void => {
    if (kind === 'newKey' || kind === 'newKeyMissed') call.dismissRotation();
    else setAway([...away, bannerId(banner)]);
  };
  return (
    <div className={classes(css.banner, css[tone])} role={tone === 'blocked' ? 'alert' : 'status'} data-banner={kind}>
      <Icon size={20} strokeWidth={1.75} aria-hidden />
      <p>
        <strong>{t(`banner.${kind}.title`, { count: who.length, names })}</strong>{' '}
        <span className="ink2">{t(`banner.${kind}.text`, { count: who.length, names })}</span>
      </p>
      <Action {...banner} />
      {!banner.stays && <IconButton icon={X} dense label={app('dialog.close')} onClick={close} />}
    </div>
  );
}
