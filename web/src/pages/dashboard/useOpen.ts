// SPDX-License-Identifier: Apache-2.0
// Into a room of the list. An encrypted one where nobody is gets a key that this browser has for it, else a new one; where
// somebody is, a new key would lock us out, and the room's page asks for theirs.
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import type { Room } from '../../api';
import { useKeys } from '../../app/services';
import { toast } from '../../ui';
import { errorText } from '../errors';
import { isLive } from './order';

export function useOpen(): (room: Room) => void {
  const { t } = useTranslation();
  const keys = useKeys();
  const [, go] = useLocation();
  const open = async (room: Room): Promise<void> => {
    if (room.settings.e2ee) {
      await keys.enter(room.name);
      const has = keys.key.status === 'ready' || (await keys.recall());
      if (!has && !isLive(room)) await keys.make();
    }
    go(`/m/${room.name}`);
  };
  return (room) => void open(room).catch((error: unknown) => toast(errorText(t, error)));
}
