// SPDX-License-Identifier: Apache-2.0
import { Archive, Copy, Ellipsis, SlidersHorizontal } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Room } from '../../api';
import { IconButton, Menu, MenuItem, MenuLine, roomTitle, toast } from '../../ui';

export type RoomAct = 'settings' | 'archive';

interface RoomMenuProps {
  room: Room;
  isOwn: boolean;
  onAct: (act: RoomAct) => void;
}

export function RoomMenu({ room, isOwn, onAct }: RoomMenuProps) {
  const { t } = useTranslation();
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(`${location.origin}/m/${room.name}`);
    toast(t(room.settings.e2ee ? 'rooms.copiedWithoutKey' : 'rooms.copied'));
  };
  return (
    <Menu trigger={<IconButton icon={Ellipsis} label={t('rooms.menu', { room: roomTitle(room.name) })} dense />}>
      <MenuItem icon={Copy} onSelect={() => void copy().catch(() => toast(t('rooms.notCopied')))}>
        {t(room.settings.e2ee ? 'rooms.copyWithoutKey' : 'rooms.copy')}
      </MenuItem>
      {isOwn && (
        <>
          <MenuItem icon={SlidersHorizontal} onSelect={() => onAct('settings')}>
            {t('rooms.settings')}
          </MenuItem>
          <MenuLine />
          <MenuItem icon={Archive} danger onSelect={() => onAct('archive')}>
            {t('rooms.archive')}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
