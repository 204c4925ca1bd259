// SPDX-License-Identifier: Apache-2.0
// Who waits to be let in. The list is asked for when a notice says that it has changed, and now and then, since one that was not
// seen again for a while drops out by itself.
import { useCallback, useEffect, useState } from 'react';
import { answerLobby, listLobby, type Waiting } from '../../api';
import { useApi } from '../../app/services';
import { canModerate } from '../call/people';
import { useCall, useCallState } from '../call/useCall';

const AGAIN_MS = 20_000;
const NONE: readonly Waiting[] = [];

export interface Lobby {
  waiting: readonly Waiting[];
  answer: (who: Waiting, admit: boolean) => Promise<void>;
}

export function useLobby(): Lobby {
  const api = useApi();
  const call = useCall();
  const { people } = useCallState();
  const [waiting, setWaiting] = useState(NONE);
  const me = people.find(({ isLocal }) => isLocal);
  const isAsked = call.admission.settings.requireApproval && me !== undefined && canModerate(me);
  const { id } = call.admission;

  useEffect(() => {
    if (!isAsked) return;
    let isGone = false;
    const look = (): void => {
      listLobby(api, id).then(
        (list) => !isGone && setWaiting(list.waiting),
        () => undefined, // asked again soon
      );
    };
    look();
    const timer = setInterval(look, AGAIN_MS);
    const stop = call.onNotice(({ event }) => {
      if (event.startsWith('lobby_')) look();
    });
    return () => {
      isGone = true;
      clearInterval(timer);
      stop();
    };
  }, [api, call, id, isAsked]);

  const answer = useCallback(
    async (who: Waiting, admit: boolean) => {
      await answerLobby(api, id, who.identity, admit);
      setWaiting((list) => list.filter(({ identity }) => identity !== who.identity));
    },
    [api, id],
  );
  return { waiting: isAsked ? waiting : NONE, answer };
}
