// SPDX-License-Identifier: Apache-2.0
// Where each tile stands: in a grid by pages, or one in focus with the others in a strip. Pure; the stage only moves things.
import { gapOf, mostOnPage, placeGrid, type Rect, type Size } from './grid';

export interface Placed {
  id: string;
  rect: Rect;
  /** The one in focus; in the strip or a corner, tiles are small. */
  kind: 'grid' | 'focus' | 'strip' | 'corner';
}

export interface Arrangement {
  placed: readonly Placed[];
  page: number;
  pages: number;
  /** Those in the strip who found no place, and where it is said. */
  more: { count: number; rect: Rect } | null;
}

export interface Wish {
  /** In the order in which they came; our own is the last of the first page. */
  ids: readonly string[];
  self: string | null;
  /** Shown large, or null for the grid. */
  focus: string | null;
  page: number;
  box: Size;
  windowWidth: number;
  isRtl: boolean;
  /** Where our own picture goes when it does not stand among the others. */
  corner: Corner;
  /** Our own picture is small, even among many. */
  selfSmall?: boolean;
}

export interface Corner {
  end: boolean;
  bottom: boolean;
}

const SIDE = { width: 184, height: 124 };
const TOP = { width: 196, height: 146 };
const PHONE_TOP = { width: 128, height: 96 };
const CONTENT = 16 / 9;
/** The strip stands on top unless the side gives the content this much more. */
const SWITCH = 1.1;

const areaOf = ({ width, height }: Size): number => {
  const fitted = Math.min(width, Math.max(height, 0) * CONTENT);
  return (fitted * fitted) / CONTENT;
};

export function arrange(wish: Wish): Arrangement {
  const { ids, focus } = wish;
  const flat = focus !== null && ids.includes(focus) ? arrangeFocus(wish, focus) : arrangeGrid(wish);
  return wish.isRtl ? mirrored(flat, wish.box.width) : flat;
}

// ---- a grid ----

function arrangeGrid({ ids, self, page, box, windowWidth, corner, selfSmall }: Wish): Arrangement {
  const gap = gapOf(windowWidth);
  const others = ids.filter((id) => id !== self);
  const inCorner = self !== null && (others.length === 1 || (Boolean(selfSmall) && others.length > 0));
  const places = mostOnPage(box, windowWidth);
  const pages = pagesOf(others, inCorner ? null : self, places);
  const shown = Math.min(Math.max(page, 0), pages.length - 1);
  const here = pages[shown] ?? [];
  const rects = placeGrid(here.length, box, gap, others.length === 0);
  const placed = here.map((id, i): Placed => ({ id, rect: rects[i] as Rect, kind: 'grid' }));
  if (self !== null && inCorner) placed.push({ id: self, rect: cornerRect(box, corner), kind: 'corner' });
  return { placed, page: shown, pages: Math.max(pages.length, 1), more: null };
}

/** Our own picture is the last of the first page. */
export function pagesOf(others: readonly string[], self: string | null, places: number): string[][] {
  const first = others.slice(0, self === null ? places : Math.max(places - 1, others.length > 0 ? 1 : 0));
  const rest = others.slice(first.length);
  const pages: string[][] = [self === null ? [...first] : [...first, self]];
  for (let at = 0; at < rest.length; at += places) pages.push(rest.slice(at, at + places));
  return pages;
}

function cornerRect(box: Size, { end, bottom }: Corner): Rect {
  const width = Math.min(Math.max(box.width * 0.22, 120), 280);
  const height = box.width >= box.height ? (width * 9) / 16 : (width * 4) / 3;
  const inset = 12;
  return {
    x: end ? box.width - width - inset : inset,
    y: bottom ? box.height - height - inset : inset,
    ...{ width, height },
  };
}

// ---- one in focus ----

function arrangeFocus({ ids, box, windowWidth }: Wish, focus: string): Arrangement {
  const others = ids.filter((id) => id !== focus);
  const gap = gapOf(windowWidth);
  const whole: Rect = { x: 0, y: 0, ...box };
  if (others.length === 0)
    return { placed: [{ id: focus, rect: whole, kind: 'focus' }], page: 0, pages: 1, more: null };
  const top = windowWidth < 640 || box.height < 420 ? PHONE_TOP : TOP;
  const below = { width: box.width, height: box.height - top.height - gap };
  const beside = { width: box.width - SIDE.width - gap, height: box.height };
  const isWide = box.width > box.height;
  const atSide = (windowWidth >= 1024 || (isWide && box.height < 420)) && areaOf(beside) > areaOf(below) * SWITCH;
  const size = atSide ? (box.height < 420 ? PHONE_TOP : SIDE) : top;
  const room = atSide ? box.height : box.width;
  const step = (atSide ? size.height : size.width) + gap;
  const places = Math.max(Math.floor((room + gap) / step), 1);
  const fits = others.length <= places;
  const shown = fits ? others : others.slice(0, Math.max(places - 1, 0));
  const rectAt = (index: number): Rect => ({
    x: atSide
      ? box.width - size.width
      : centred(box.width, fits ? shown.length : places, size.width, gap) + index * step,
    y: atSide ? index * step : 0,
    ...size,
  });
  const content: Rect = atSide
    ? { x: 0, y: 0, width: box.width - size.width - gap, height: box.height }
    : { x: 0, y: size.height + gap, width: box.width, height: box.height - size.height - gap };
  return {
    placed: [
      { id: focus, rect: content, kind: 'focus' },
      ...shown.map((id, index): Placed => ({ id, rect: rectAt(index), kind: 'strip' })),
    ],
    ...{ page: 0, pages: 1 },
    more: fits ? null : { count: others.length - shown.length, rect: rectAt(shown.length) },
  };
}

const centred = (width: number, count: number, one: number, gap: number): number =>
  Math.max((width - count * one - (count - 1) * gap) / 2, 0);

// ---- right to left ----

function mirrored({ placed, more, ...rest }: Arrangement, width: number): Arrangement {
  const flip = (rect: Rect): Rect => ({ ...rect, x: width - rect.x - rect.width });
  return {
    ...rest,
    placed: placed.map((one) => ({ ...one, rect: flip(one.rect) })),
    more: more && { ...more, rect: flip(more.rect) },
  };
}
