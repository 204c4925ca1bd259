// SPDX-License-Identifier: Apache-2.0
// The key of a meeting is erased when its page is left after the meeting; until then one can go back in.
import { useEffect, useRef } from 'react';
import type { KeyClient } from '../../e2ee/client';

export function useErase(keys: KeyClient, isOver: boolean): void {
  const over = useRef(isOver);
  const here = useRef(false);
  useEffect(() => {
    over.current = isOver;
  }, [isOver]);

  useEffect(() => {
    here.current = true;
    const erase = (): void => {
      if (over.current) void keys.leave().catch(() => undefined);
    };
    addEventListener('pagehide', erase);
    return () => {
      here.current = false;
      removeEventListener('pagehide', erase);
      // Not when React only takes the page away to put it back.
      setTimeout(() => !here.current && erase());
    };
  }, [keys]);
}
