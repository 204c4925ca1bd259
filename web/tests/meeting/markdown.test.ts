// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it, vi } from 'vitest';
import { type Inline, MOST_LETTERS, readInline, readMarkdown, safeHref } from '../../src/meeting/chat/markdown';

const flat = (inside: readonly Inline[]): string =>
  inside
    .map((one) => {
      if (one.kind === 'text') return one.text;
      if (one.kind === 'code') return `<code>${one.text}</code>`;
      if (one.kind === 'link') return `<a ${one.href}>${flat(one.inside)}</a>`;
      return `<${one.kind}>${flat(one.inside)}</${one.kind}>`;
    })
    .join('');

describe('Markdown of a chat', () => {
  it.each([
    ['plain text', 'plain text'],
    [
      '**bold** and *slanted* and _so_ and ~~gone~~',
      '<strong>bold</strong> and <em>slanted</em> and <em>so</em> and <del>gone</del>',
    ],
    ['**bold with *more* in it**', '<strong>bold with <em>more</em> in it</strong>'],
    ['`**no**`', '<code>**no**</code>'],
    ['snake_case_word', 'snake_case_word'],
    ['2 * 3 * 4', '2 * 3 * 4'],
    ['see https://example.org/a?b=c.', 'see <a https://example.org/a?b=c>https://example.org/a?b=c</a>.'],
    ['(https://example.org)', '(<a https://example.org/>https://example.org</a>)'],
    ['[here](https://example.org/x)', '<a https://example.org/x>here</a>'],
    ['[see [1](https://example.org/x)', '[see <a https://example.org/x>1</a>'],
    ['[no](ftp:x) [yes](https://example.org/)', '[no](ftp:x) <a https://example.org/>yes</a>'],
    ['`a` **b *c*** _d_ `e`', '<code>a</code> <strong>b <em>c</em></strong> <em>d</em> <code>e</code>'],
    ['https://example.org/... `a`', '<a https://example.org/>https://example.org/</a>... <code>a</code>'],
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
  ])('%s', (text, wanted) => expect(flat(readInline(text))).toBe(wanted));

  it.each([
    'javascript:alert(1)',
    'JaVaScript:alert(1)',
    'data:text/html,x',
    'vbscript:x',
    '//evil',
    'file:///etc/passwd',
    'https://',
  ])('leads nowhere: %s', (address) => {
    expect(safeHref(address)).toBeNull();
    expect(flat(readInline(`[x](${address})`))).not.toContain('<a');
  });

  it('has blocks', () => {
    const text = '# Head\none\ntwo\n\n- a\n- b\n\n1. c\n2) d\n\n> quoted\n> more\n\n```\nlet *x*;\n```\nafter';
    expect(readMarkdown(text).map(({ kind }) => kind)).toEqual([
      ...['heading', 'paragraph', 'list', 'list', 'quote', 'code', 'paragraph'],
    ]);
    expect(readMarkdown('```\nno end')).toEqual([{ kind: 'code', text: 'no end' }]);
  });

  it('leaves a paragraph that is too long as it is, and no other', () => {
    const most = 'x'.repeat(MOST_LETTERS - 3);
    expect(readInline(`${most}*a*`)).toHaveLength(2);
    const text = `${most}y*a*`;
    expect(readMarkdown(`${text}\n\n*b*`)).toEqual([
      { kind: 'paragraph', inside: [{ kind: 'text', text }] },
      { kind: 'paragraph', inside: [{ kind: 'em', inside: [{ kind: 'text', text: 'b' }] }] },
    ]);
  });
});

/** Over how many letters searches go: each from where it begins to the end of its match, or of the text. */
function lettersSearched(text: string): number {
  const exec = RegExp.prototype.exec;
  let letters = 0;
  const spy = vi.spyOn(RegExp.prototype, 'exec').mockImplementation(function (this: RegExp, within: string) {
    const from = this.global ? this.lastIndex : 0;
    const match = exec.call(this, within);
    letters += (match ? match.index + match[0].length : within.length) - from;
    return match;
  });
  try {
    readMarkdown(text);
  } finally {
    spy.mockRestore();
  }
  return letters;
}

describe('the work of reading', () => {
  const half = MOST_LETTERS / 2;
  const fill = (part: string, letters: number): string => part.repeat(letters / part.length);

  it.each(['`a`', '*a* ', '_a_ ', '~~a~~', '**a**', '[a](b) ', 'https://%', 'https://a.b '])(
    'grows with the letters, not with their square: %s',
    (part) => {
      for (const rest of ['[', '*', '_', 'x']) {
        const text = fill(part, half) + fill(rest, half);
        const letters = lettersSearched(text);
        expect(letters).toBeGreaterThan(text.length);
        expect(letters).toBeLessThan(40 * text.length);
      }
    },
  );

  // Not a measure: a search that goes over everything again after each match takes minutes.
  it('ends, whatever is written', () => {
    for (const part of ['*', '_', '~~', '`', '[', '](', '> ', '**a', '**a*b', '- ', '[a](', 'https://', '```\n'])
      for (const long of [fill(part, 20_000), `${fill(part, MOST_LETTERS)}\n\n`.repeat(5)]) readMarkdown(long);
    readMarkdown(fill('`a`', 10_000) + fill('[', 10_000));
  }, 20_000);
});
