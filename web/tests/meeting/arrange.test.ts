// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { arrange, pagesOf, type Wish } from '../../src/meeting/stage/arrange';
import { fitGrid, mostOnPage, placeGrid } from '../../src/meeting/stage/grid';

const shape = (count: number, width: number, height: number, gap = 10): string => {
  const { columns, rows } = fitGrid(count, { width, height }, gap);
  return `${columns}×${rows}`;
};

describe('the grid', () => {
  it.each([
    [2, '2×1'],
    [3, '2×2'],
    [4, '2×2'],
    [5, '3×2'],
    [6, '3×2'],
    [7, '3×3'],
    [9, '3×3'],
    [10, '4×3'],
    [12, '4×3'],
    [13, '4×4'],
    [16, '4×4'],
    [25, '5×5'],
  ])('%i on a laptop', (count, wanted) => expect(shape(count, 1416, 812)).toBe(wanted));

  it.each([
    [2, '1×2'],
    [6, '2×3'],
  ])('%i beside a panel', (count, wanted) => expect(shape(count, 1028, 812)).toBe(wanted));

  it.each([
    [2, '1×2'],
    [4, '2×2'],
    [6, '2×3'],
    [8, '2×4'],
  ])('%i on a phone', (count, wanted) => expect(shape(count, 374, 628, 8)).toBe(wanted));

  it.each([
    [2, '2×1'],
    [6, '3×2'],
  ])('%i on a phone that lies', (count, wanted) => expect(shape(count, 692, 374, 8)).toBe(wanted));

  it('keeps within its box, and the last row in the middle', () => {
    const rects = placeGrid(5, { width: 1416, height: 812 }, 10);
    for (const { x, y, width, height } of rects) {
      expect(x).toBeGreaterThanOrEqual(-0.01);
      expect(y).toBeGreaterThanOrEqual(-0.01);
      expect(x + width).toBeLessThanOrEqual(1416.01);
      expect(y + height).toBeLessThanOrEqual(812.01);
    }
    const [fourth, fifth] = [rects[3], rects[4]];
    expect((fourth?.x ?? 0) + (fifth?.x ?? 0) + (fifth?.width ?? 0)).toBeCloseTo(1416);
  });

  it('has pages where tiles would be too small', () => {
    expect(mostOnPage({ width: 1416, height: 812 }, 1440)).toBe(25);
    expect(mostOnPage({ width: 1028, height: 812 }, 1440)).toBeLessThan(25);
    expect(mostOnPage({ width: 374, height: 628 }, 390)).toBe(8);
    expect(mostOnPage({ width: 100, height: 100 }, 390)).toBe(1);
  });
});

const wish = (more: Partial<Wish>): Wish => ({
  ...{ ids: ['a', 'b', 'me'], self: 'me', focus: null, page: 0, box: { width: 1416, height: 812 } },
  ...{ windowWidth: 1440, isRtl: false, corner: { end: true, bottom: true }, ...more },
});

describe('the arrangement', () => {
  it('has us in a corner when there are two, and among the others from three on', () => {
    const two = arrange(wish({ ids: ['a', 'me'] }));
    expect(two.placed.map(({ id, kind }) => [id, kind])).toEqual([
      ['a', 'grid'],
      ['me', 'corner'],
    ]);
    expect(two.placed[1]?.rect.width).toBe(280);
    expect(arrange(wish({})).placed.map(({ kind }) => kind)).toEqual(['grid', 'grid', 'grid']);
    expect(arrange(wish({ ids: ['me'] })).placed.map(({ kind }) => kind)).toEqual(['grid']);
  });

  it('has us last on the first page', () => {
    expect(pagesOf(['a', 'b', 'c', 'd'], 'me', 3)).toEqual([
      ['a', 'b', 'me'],
      ['c', 'd'],
    ]);
    expect(pagesOf([], 'me', 3)).toEqual([['me']]);
  });

  it('shows the page that is nearest to what was asked for', () => {
    const ids = [...Array.from({ length: 30 }, (_, i) => `p${i}`), 'me'];
    const { page, pages, placed } = arrange(wish({ ids, page: 9 }));
    expect([page, pages]).toEqual([1, 2]);
    expect(placed.map(({ id }) => id)).toEqual(ids.slice(24, 30));
  });

  it('never covers what is in focus, and tells of those without a place', () => {
    const ids = [...Array.from({ length: 20 }, (_, i) => `p${i}`), 'me'];
    for (const box of [
      { width: 1416, height: 812 },
      { width: 700, height: 812 },
    ]) {
      const { placed, more } = arrange(wish({ ids, focus: 'p3', box }));
      const focus = placed.find(({ kind }) => kind === 'focus')?.rect;
      if (!focus) throw new Error('nothing is in focus');
      for (const { rect } of placed.filter(({ kind }) => kind === 'strip')) {
        const apart = rect.x >= focus.x + focus.width || rect.y + rect.height <= focus.y;
        expect(apart).toBe(true);
      }
      expect((more?.count ?? 0) + placed.length).toBe(21);
    }
  });

  it('is the other way round where one reads from right to left', () => {
    const left = arrange(wish({ ids: ['a', 'b', 'c', 'me'] }));
    const right = arrange(wish({ ids: ['a', 'b', 'c', 'me'], isRtl: true }));
    expect(right.placed[0]?.rect.x).toBeCloseTo(left.placed[1]?.rect.x ?? -1);
  });
});
