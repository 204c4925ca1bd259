// SPDX-License-Identifier: Apache-2.0
// Something that is fetched for a page: first on its way, then there or failed; what was there stays while it is fetched anew.
import { useCallback, useEffect, useState } from 'react';

export type Loaded<T> = { status: 'loading' } | { status: 'failed'; error: unknown } | { status: 'there'; value: T };

interface Load<T> {
  state: Loaded<T>;
  reload: () => void;
  /** Puts something in its place that is known already. */
  set: (change: (value: T) => T) => void;
}

/**
 * @param load must stay the same function while what it loads is the same
 * @param everyMs how often it is fetched anew while the page is seen; also whenever the page comes back
 */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, everyMs = 0): Load<T> {
  const [state, setState] = useState<Loaded<T>>({ status: 'loading' });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((n) => n + 1), []);

  useEffect(() => {
    const stop = new AbortController();
    load(stop.signal).then(
      (value) => setState({ status: 'there', value }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        // What is there is better than an error about its newest form.
        setState((before) => (before.status === 'there' ? before : { status: 'failed', error }));
      },
    );
    return () => stop.abort();
  }, [load, turn]);

  useEffect(() => {
    if (!everyMs) return;
    const again = (): void => {
      if (document.visibilityState === 'visible') reload();
    };
    const timer = setInterval(again, everyMs);
    document.addEventListener('visibilitychange', again);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', again);
    };
  }, [everyMs, reload]);

  const set = useCallback((change: (value: T) => T) => {
    setState((before) => (before.status === 'there' ? { status: 'there', value: change(before.value) } : before));
  }, []);
  return { state, reload, set };
}
