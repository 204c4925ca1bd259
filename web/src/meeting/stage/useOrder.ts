// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from 'react';
import { useCall } from '../call/useCall';
import { Order } from './order';

const LOOK_MS = 500;

/** These, with whoever speaks brought to the first page. */
export function useOrder(ids: readonly string[], places: number, pinned: string | null): readonly string[] {
  const { speakers } = useCall();
  const order = useRef<Order | null>(null);
  const [shown, setShown] = useState<readonly string[] | null>(null);
  const list = ids.join('\n');
  const isNeeded = ids.length > places;

  useEffect(() => {
    if (!isNeeded) return;
    const all = list.split('\n');
    const look = (): void => {
      order.current ??= new Order();
      setShown(order.current.update({ ids: all, places, speakers: speakers.state, pinned, nowMs: performance.now() }));
    };
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [list, places, pinned, speakers, isNeeded]);

  if (!isNeeded || !shown) return ids;
  // Between two looks somebody may have come or gone.
  return [...shown.filter((id) => ids.includes(id)), ...ids.filter((id) => !shown.includes(id))];
}
