// SPDX-License-Identifier: Apache-2.0
// What has no button of its own, or not enough room for one.
import {
  Activity,
  CircleHelp,
  Ellipsis,
  Expand,
  Hand,
  LayoutGrid,
  MonitorUp,
  PictureInPicture2,
  Settings,
  UserPlus,
  Users,
  VolumeOff,
  Volume2,
} from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { MenuItem, MenuLine } from '../../ui';
import { useCall, useCallState, useWatched } from '../call/useCall';
import { useUi } from '../useUi';
import { useActions } from '../useActions';
import css from './Bar.module.css';
import { BarMenu } from './BarMenu';
import { Emotes } from './EmoteMenu';

const isNarrow = (): boolean => matchMedia('(width < 860px), (height < 500px)').matches;

function NarrowItems() {
  const { t } = useTranslation('meeting');
  const { media, signals, self } = useCall();
  const isUp = useWatched(signals).hands.includes(self);
  const { screen } = useWatched(media);
  const { openPanel } = useUi();
  return (
    <>
      <Emotes />
      <MenuItem icon={Hand} onSelect={() => void signals.toggleHand()}>
        {t(isUp ? 'bar.handDown' : 'bar.handUp')}
      </MenuItem>
      {'getDisplayMedia' in (navigator.mediaDevices ?? {}) && (
        <MenuItem icon={MonitorUp} onSelect={() => void media.toggle('screen')}>
          {t(screen ? 'bar.screenOff' : 'bar.screenOn')}
        </MenuItem>
      )}
      <MenuItem icon={Users} onSelect={() => openPanel('people')}>
        {t('panel.people')}
      </MenuItem>
      <MenuItem icon={UserPlus} onSelect={() => openPanel('invite')}>
        {t('panel.invite')}
      </MenuItem>
      <MenuLine />
    </>
  );
}

export function MoreMenu() {
  const { t } = useTranslation('meeting');
  const { isDeaf } = useCallState();
  const { isGrid, set, openPanel } = useUi();
  const actions = useActions();
  return (
    <BarMenu icon={Ellipsis} label={t('bar.more')} control="more">
      {isNarrow() && <NarrowItems />}
      <MenuItem
        icon={LayoutGrid}
        end={<kbd className={css.key}>G</kbd>}
        onSelect={() => set({ isGrid: !isGrid, pinned: null })}
      >
        {t(isGrid ? 'more.focus' : 'more.grid')}
      </MenuItem>
      <MenuItem icon={Expand} end={<kbd className={css.key}>F</kbd>} onSelect={actions.fullScreen}>
        {t('more.fullScreen')}
      </MenuItem>
      {document.pictureInPictureEnabled && (
        <MenuItem icon={PictureInPicture2} onSelect={actions.pictureInPicture}>
          {t('more.pictureInPicture')}
        </MenuItem>
      )}
      <MenuItem
        icon={isDeaf ? Volume2 : VolumeOff}
        end={<kbd className={css.key}>D</kbd>}
        onSelect={actions.toggleDeaf}
      >
        {t(isDeaf ? 'more.hear' : 'more.deafen')}
      </MenuItem>
      <MenuLine />
      <MenuItem icon={Settings} onSelect={() => set({ dialog: 'settings' })}>
        {t('more.settings')}
      </MenuItem>
      <MenuItem icon={Activity} onSelect={() => openPanel('statistics')}>
        {t('panel.statistics')}
      </MenuItem>
      <MenuItem icon={CircleHelp} end={<kbd className={css.key}>?</kbd>} onSelect={() => set({ dialog: 'help' })}>
        {t('more.help')}
      </MenuItem>
    </BarMenu>
  );
}
