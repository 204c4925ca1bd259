// SPDX-License-Identifier: Apache-2.0
// Measures the colours of tokens.css by WCAG's formula: text at least 4.5, what shows where a field or chip is at least 3.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('../../src/ui/tokens.css', import.meta.url), 'utf8');

type Palette = Record<string, string>;

function colours(block: string, scheme: 0 | 1): Palette {
  const found = [...block.matchAll(/--([\w-]+):\s*(?:light-dark\((#\w{6}),\s*(#\w{6})\)|(#\w{6}));/g)];
  return Object.fromEntries(
    found.map(([, name, light, dark, both]) => [name, both ?? (scheme ? dark : light)]),
  ) as Palette;
}

const [root = '', stageBlock = ''] = css.split('.stage {');
const light = colours(root, 0);
const dark = colours(root, 1);
const palettes: Record<string, Palette> = { light, dark, stage: { ...dark, ...colours(stageBlock, 1) } };

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

describe.each(Object.entries(palettes))('%s', (scheme, palette) => {
  const ratio = (front: string, back: string): number => {
    const [one, two] = [palette[front], palette[back]];
    if (!one || !two) throw new Error(`${scheme} has no ${front} or ${back}`);
    return contrast(one, two);
  };
  const grounds = ['canvas', 'surface', 'sunken', 'hover'];

  it('text can be read on all that it stands on', () => {
    for (const ink of ['ink', 'ink2', 'brand-ink']) {
      for (const ground of grounds) expect(ratio(ink, ground), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
    for (const ground of scheme === 'stage' ? grounds.slice(0, 3) : grounds) {
      expect(ratio('ink3', ground), `ink3 on ${ground}`).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('coloured text can be read on its tint and on plain ground', () => {
    for (const role of ['enc', 'blocked', 'waiting']) {
      expect(ratio(role, `${role}-tint`), role).toBeGreaterThanOrEqual(5.5);
      for (const ground of ['canvas', 'surface', 'sunken'])
        expect(ratio(role, ground), role).toBeGreaterThanOrEqual(4.5);
    }
    expect(ratio('brand-ink', 'brand-tint')).toBeGreaterThanOrEqual(4.5);
  });

  it('white can be read on filled buttons', () => {
    for (const fill of ['brand', 'brand-hover', 'danger', 'danger-hover']) {
      expect(ratio('on-brand', fill), fill).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('edges and focus can be seen', () => {
    for (const edge of ['edge', 'enc-edge', 'blocked-edge', 'waiting-edge', 'brand-ink']) {
      for (const ground of ['canvas', 'surface', 'sunken'])
        expect(ratio(edge, ground), `${edge} on ${ground}`).toBeGreaterThanOrEqual(3);
    }
  });
});
