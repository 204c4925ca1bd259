// SPDX-License-Identifier: Apache-2.0
import { type RefCallback, useCallback, useState } from 'react';
import type { Size } from './grid';

const NONE: Size = { width: 0, height: 0 };

/** How much room an element has, now. */
export function useSize<E extends HTMLElement>(): [RefCallback<E>, Size] {
  const [size, setSize] = useState(NONE);
  const place = useCallback((element: E | null) => {
    if (!element) return;
    const look = (): void => {
      const { clientWidth: width, clientHeight: height } = element;
      setSize((now) => (now.width === width && now.height === height ? now : { width, height }));
    };
    const observer = new ResizeObserver(look);
    observer.observe(element);
    look();
    return () => observer.disconnect();
  }, []);
  return [place, size];
}
