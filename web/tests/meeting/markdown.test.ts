// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type Inline, readInline, readMarkdown, safeHref } from '../../src/meeting/chat/markdown';

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

  it('ends, and soon, whatever is written', () => {
    for (const part of ['*', '_', '~~', '`', '[', '](', '> ', '**a', '- ', '[a](', 'https://', '*a* ']) {
      const started = performance.now();
      readMarkdown(part.repeat(20_000 / part.length));
      expect(performance.now() - started).toBeLessThan(3000);
    }
  });
});
