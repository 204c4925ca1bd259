// SPDX-License-Identifier: Apache-2.0
// What is known of a room before anybody goes in: from the server, and of its key. Nothing here connects.
import { useCallback, useEffect, useState } from 'react';
import { type Admission, ApiError, type ArchivedOwned, checkRoom, codeOf, joinRoom, type RoomCheck } from '../../api';
import { useServices, useWho } from '../../app/services';

export type Look =
  | { status: 'loading' }
  | { status: 'open'; check: RoomCheck; admission: Admission | null }
  | { status: 'archived'; room: ArchivedOwned } // ours, and over: it can be made again
  | { status: 'refused'; code: string };

const checkOf = (room: Admission): RoomCheck => ({
  ...{ exists: true, id: room.id, name: room.name, e2ee: room.settings.e2ee },
  ...{ count: room.participantsCount ?? 0, maxParticipants: room.maxParticipants },
});

export function useRoom(name: string): { look: Look; again: () => void; refuse: (code: string) => void } {
  const { api, keys } = useServices();
  const { status } = useWho();
  const [look, setLook] = useState<Look>({ status: 'loading' });
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    if (status === 'starting') return;
    const stop = new AbortController();
    const see = async (): Promise<Look> => {
      // The key that came with the address, or that this tab had before, belongs to this room from here on.
      await keys.enter(name);
      if (keys.key.status === 'none') await keys.recall();
      try {
        return { status: 'open', check: await checkRoom(api, name, stop.signal), admission: null };
      } catch (error) {
        // Strangers are told no more than this; who has an account may be one of its people.
        const isForKnown = error instanceof ApiError && (error.code === 'private' || error.code === 'room_closed');
        if (!isForKnown || status === 'nobody') throw error;
      }
      const admission = await joinRoom(api, name);
      if ('status' in admission) return { status: 'archived', room: admission };
      return { status: 'open', check: checkOf(admission), admission };
    };
    see().then(setLook, (error: unknown) => {
      if (!stop.signal.aborted) setLook({ status: 'refused', code: codeOf(error) });
    });
    return () => stop.abort();
  }, [api, keys, name, status, turn]);

  const again = useCallback(() => {
    setLook({ status: 'loading' });
    setTurn((n) => n + 1);
  }, []);
  const refuse = useCallback((code: string) => setLook({ status: 'refused', code }), []);
  return { look, again, refuse };
}
