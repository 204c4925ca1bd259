// SPDX-License-Identifier: Apache-2.0
// How many columns a number of tiles gets in a box: the widest pictures that waste the fewest places.

export interface Size {
  width: number;
  height: number;
}

export interface Rect extends Size {
  x: number;
  y: number;
}

export interface Grid extends Size {
  columns: number;
  rows: number;
}

/** A tile's shape stays between these. */
const WIDE = { least: 5 / 4, most: 16 / 9 };
const TALL = { least: 3 / 4, most: 4 / 3 };
/** What an empty place costs. */
const WASTE = 0.03;

export const gapOf = (windowWidth: number): number => (windowWidth < 640 ? 8 : 10);

export function fitGrid(count: number, box: Size, gap: number): Grid {
  const shape = box.width >= box.height ? WIDE : TALL;
  let best: Grid = { columns: 1, rows: 1, width: 0, height: 0 };
  let bestScore = -Infinity;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    let width = Math.max((box.width - (columns - 1) * gap) / columns, 0);
    let height = Math.max((box.height - (rows - 1) * gap) / rows, 0);
    if (width > height * shape.most) width = height * shape.most;
    else if (width < height * shape.least) height = width / shape.least;
    const score = width * height * (1 - WASTE * (rows * columns - count));
    if (score <= bestScore) continue;
    bestScore = score;
    best = { columns, rows, width, height };
  }
  return best;
}

/** Our own picture, with nobody to look at: as the camera sees it. */
function fitAlone({ width, height }: Size): Grid {
  const most = Math.min(height, width / WIDE.most);
  return { columns: 1, rows: 1, width, height: width >= height ? most : height };
}

/** The places, row by row; the last row stands in the middle. */
export function placeGrid(count: number, box: Size, gap: number, isAlone = false): Rect[] {
  const { columns, rows, width, height } = isAlone ? fitAlone(box) : fitGrid(count, box, gap);
  const top = (box.height - rows * height - (rows - 1) * gap) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const left = (box.width - inRow * width - (inRow - 1) * gap) / 2;
    return { x: left + (index % columns) * (width + gap), y: top + row * (height + gap), width, height };
  });
}

/** At most so many on one page. */
export function mostOnPage(box: Size, windowWidth: number): number {
  const most = windowWidth >= 1440 ? 25 : windowWidth >= 1024 ? 16 : windowWidth >= 640 ? 9 : 8;
  const least = windowWidth >= 1024 ? 220 : 150;
  const gap = gapOf(windowWidth);
  for (let count = most; count > 1; count--) {
    if (fitGrid(count, box, gap).width >= least) return count;
  }
  return 1;
}
