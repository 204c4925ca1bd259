// SPDX-License-Identifier: Apache-2.0
// The meeting for components, and its beginning and end.
import { createContext, use, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { joinMeeting } from '../../e2ee/meeting';
import type { MeetingHealth } from '../../e2ee/health';
import type { MeetingProps } from '../handoff';
import { Call } from './Call';
import type { CallState } from './state';
import type { MediaState } from './Media';
import type { Watched } from './Watched';

export const CallContext = createContext<Call | null>(null);

export function useCall(): Call {
  const call = use(CallContext);
  if (!call) throw new Error('no meeting around this component');
  return call;
}

export const useWatched = <State>(watched: Watched<State>): State =>
  useSyncExternalStore(watched.watch, watched.getState);

export const useCallState = (): CallState => useWatched(useCall());

export const useMedia = (): MediaState => useWatched(useCall().media);

const never = (): (() => void) => () => undefined;
const nothing = (): null => null;

/** What is known of the encryption; null in a meeting without. */
export function useHealth(): MeetingHealth | null {
  const health = useCall().manager?.health;
  return useSyncExternalStore(health?.subscribe ?? never, health?.getSnapshot ?? nothing);
}

/** Joins once, and leaves when the component goes. null: not so far that anything could be shown. */
export function useMeeting({ admission, media, keys, onEnd }: MeetingProps): Call | null {
  const [call, setCall] = useState<Call | null>(null);
  const latest = useRef({ admission, media, keys, onEnd });

  useEffect(() => {
    const start = latest.current;
    let isGone = false;
    let made: Call | null = null;
    const end: MeetingProps['onEnd'] = (ending) => {
      if (isGone) return;
      isGone = true;
      start.onEnd(ending);
    };
    joinMeeting({
      ...{ keys: start.keys, url: start.admission.livekitHost, token: start.admission.token },
      serverSays: start.admission.settings.e2ee ? 'encrypted' : 'clear',
      room: { adaptiveStream: true, dynacast: true, publishDefaults: { simulcast: true, red: false } },
      prepare: (meeting) => {
        made = new Call(meeting, start.admission, start.keys, end);
        setCall(made);
      },
      onStopped: (error) => end({ kind: 'stopped', error }),
    }).then(
      () => (isGone ? made?.dispose() : void made?.media.begin(start.media)),
      (error: unknown) => end({ kind: 'stopped', error }),
    );
    return () => {
      isGone = true;
      made?.dispose();
    };
  }, []);
  return call;
}
