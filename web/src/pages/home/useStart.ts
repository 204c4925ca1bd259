// SPDX-License-Identifier: Apache-2.0
// A new room, its key, and into it: with an account, or without one in a room that lasts two hours.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { createRoom, type Room } from '../../api';
import { useServices } from '../../app/services';
import { errorText } from '../errors';

type Way = 'start' | 'demo';

export function useStart() {
  const { t } = useTranslation();
  const { api, keys, session } = useServices();
  const [, go] = useLocation();
  const [busy, setBusy] = useState<Way | null>(null);
  const [error, setError] = useState<string | null>(null);

  const open = async (way: Way, make: () => Promise<Room>): Promise<void> => {
    setBusy(way);
    setError(null);
    try {
      const room = await make();
      await keys.enter(room.name);
      if (room.settings.e2ee && keys.key.status === 'none') await keys.make();
      go(`/m/${room.name}`);
    } catch (reason) {
      setError(errorText(t, reason));
      setBusy(null);
    }
  };

  const start = (): void => {
    if (session.who.status !== 'member') return go('/auth/login?next=/dashboard');
    void open('start', () => createRoom(api, { isPublic: true, maxParticipants: 0, settings: { e2ee: true } }));
  };

  const tryIt = (): void => void open('demo', () => api.post<Room>('/room/demo'));

  return { start, tryIt, busy, error };
}
