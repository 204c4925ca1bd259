// SPDX-License-Identifier: Apache-2.0
// Our own picture in its corner goes to another one, by the pointer or the arrows.
import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import type { Corner } from './arrange';

const isRtl = (): boolean => document.documentElement.dir === 'rtl';

/** The corner that is nearest to where the pointer was let go. */
export function cornerAt(x: number, y: number, box: DOMRect, rtl: boolean): Corner {
  return { end: x > box.left + box.width / 2 !== rtl, bottom: y > box.top + box.height / 2 };
}

export function useCornerDrag(corner: Corner, setCorner: (corner: Corner) => void) {
  const start = useRef<{ x: number; y: number } | null>(null);
  const isCorner = (target: EventTarget): boolean =>
    target instanceof Element && target.closest('[data-corner]') !== null;
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      start.current = isCorner(event.target) ? { x: event.clientX, y: event.clientY } : null;
    },
    onPointerUp: (event: PointerEvent<HTMLElement>) => {
      const from = start.current;
      start.current = null;
      if (!from || Math.hypot(event.clientX - from.x, event.clientY - from.y) < 24) return;
      setCorner(cornerAt(event.clientX, event.clientY, event.currentTarget.getBoundingClientRect(), isRtl()));
    },
    onKeyDownCapture: (event: KeyboardEvent<HTMLElement>) => {
      if (!event.shiftKey || !isCorner(event.target)) return;
      const { key } = event;
      if (key === 'ArrowUp' || key === 'ArrowDown') setCorner({ ...corner, bottom: key === 'ArrowDown' });
      else if (key === 'ArrowLeft' || key === 'ArrowRight')
        setCorner({ ...corner, end: (key === 'ArrowRight') !== isRtl() });
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
