// SPDX-License-Identifier: Apache-2.0
// The part of Markdown that people use in a chat, read into a tree. The tree becomes elements, never markup: there is nothing
// here that could bring a script, a picture or a form into the page. A link leads to http, https or mailto.

export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'strong' | 'em' | 'del'; inside: Inline[] }
  | { kind: 'link'; href: string; inside: Inline[] };

export type Block =
  | { kind: 'paragraph'; inside: Inline[] }
  | { kind: 'heading'; inside: Inline[] }
  | { kind: 'quote'; blocks: Block[] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'code'; text: string };

const MOST_DEPTH = 6;
/** A longer paragraph is shown as it was written: a stranger's message must not keep the page busy. */
export const MOST_LETTERS = 4000;
const ADDRESS = /https?:\/\/[^\s<>"'`]+/giu;

/** An address that a link may lead to, or null. */
export function safeHref(text: string): string | null {
  if (!/^(?:https?:\/\/|mailto:)/i.test(text)) return null;
  try {
    return new URL(text).href;
  } catch {
    return null;
  }
}

// ---- blocks ----

export function readMarkdown(text: string, depth = 0): Block[] {
  const lines = text.replaceAll('\r', '').split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length;) {
    const [block, next] = readBlock(lines, at, depth);
    if (block) blocks.push(block);
    at = next;
  }
  return blocks;
}

/** The lines from `at` on for as long as they match, without what matched. */
function gather(lines: readonly string[], at: number, mark: RegExp): string[] {
  const found: string[] = [];
  for (let i = at; i < lines.length && mark.test(lines[i] ?? ''); i++) found.push((lines[i] ?? '').replace(mark, ''));
  return found;
}

const FENCE = /^```/;
const QUOTE = /^> ?/;
const BULLET = /^ {0,3}[-*+] +/;
const NUMBER = /^ {0,3}\d{1,4}[.)] +/;
const HEADING = /^#{1,4} +/;
const MARKS = [FENCE, QUOTE, BULLET, NUMBER, HEADING, /^\s*$/];

function readBlock(lines: readonly string[], at: number, depth: number): [Block | null, number] {
  const line = lines[at] ?? '';
  if (line.trim() === '') return [null, at + 1];
  if (FENCE.test(line)) {
    let to = at + 1;
    while (to < lines.length && !FENCE.test(lines[to] ?? '')) to++;
    return [{ kind: 'code', text: lines.slice(at + 1, to).join('\n') }, to + 1];
  }
  if (QUOTE.test(line) && depth < MOST_DEPTH) {
    const inside = gather(lines, at, QUOTE);
    return [{ kind: 'quote', blocks: readMarkdown(inside.join('\n'), depth + 1) }, at + inside.length];
  }
  if (HEADING.test(line)) return [{ kind: 'heading', inside: readInline(line.replace(HEADING, '')) }, at + 1];
  for (const [mark, ordered] of [
    [BULLET, false],
    [NUMBER, true],
  ] as const) {
    const items = gather(lines, at, mark);
    if (items.length > 0)
      return [{ kind: 'list', ordered, items: items.map((one) => readInline(one)) }, at + items.length];
  }
  let end = at + 1;
  while (end < lines.length && !MARKS.some((mark) => mark.test(lines[end] ?? ''))) end++;
  return [{ kind: 'paragraph', inside: readInline(lines.slice(at, end).join('\n')) }, end];
}

// ---- within a line ----

interface Rule {
  /** Global, to search from anywhere. What it repeats ends at what it begins with: a search goes over no letter many times. */
  pattern: RegExp;
  make: (match: RegExpExecArray, depth: number) => Inline | null;
}

const nested =
  (kind: 'strong' | 'em' | 'del') =>
  (match: RegExpExecArray, depth: number): Inline => ({ kind, inside: readInline(match[1] ?? '', depth + 1) });

/** Where two match at the same letter, the first of these counts. */
const RULES: readonly Rule[] = [
  { pattern: /`([^`\n]+)`/gu, make: ([, text = '']) => ({ kind: 'code', text }) },
  {
    pattern: /\[([^[\]\n]{1,500})\]\(([^()\s]{1,2000})\)/gu,
    make: ([, words = '', address = ''], depth) => {
      const href = safeHref(address);
      return href === null ? null : { kind: 'link', href, inside: readInline(words, depth + 1) };
    },
  },
  { pattern: ADDRESS, make: ([address]) => addressLink(address) },
  { pattern: /\*\*(?=\S)([^*\n]+?(?:\*[^*\n]+\*[^*\n]*?){0,20})(?<=\S)\*\*/gu, make: nested('strong') },
  { pattern: /~~(?=\S)([^~\n]+)(?<=\S)~~/gu, make: nested('del') },
  { pattern: /\*(?=\S)([^*\n]+)(?<=\S)\*/gu, make: nested('em') },
  { pattern: /(?<![\p{L}\p{N}_])_(?=\S)([^_\n]+)(?<=\S)_(?![\p{L}\p{N}_])/gu, make: nested('em') },
];

function addressLink(address: string): Inline | null {
  const href = safeHref(address);
  return href === null ? null : { kind: 'link', href, inside: [{ kind: 'text', text: address }] };
}

/** What ends a sentence is not of the address before it. */
const trimAddress = (address: string): string => {
  const short = address.replace(/(?<![.,;:!?])[.,;:!?]+$/u, '');
  return short.endsWith(')') && !short.includes('(') ? short.slice(0, -1) : short;
};

export function readInline(text: string, depth = 0): Inline[] {
  const found: Inline[] = [];
  let at = 0;
  if (depth < MOST_DEPTH && text.length <= MOST_LETTERS) {
    const search = new Search(text);
    for (let next = search.first(0); next; next = search.first(at)) {
      const { rule, match } = next;
      const inline = rule.make(match, depth);
      if (!inline) {
        search.pass(next);
        continue;
      }
      if (match.index > at) found.push({ kind: 'text', text: text.slice(at, match.index) });
      found.push(inline);
      at = match.index + match[0].length;
    }
  }
  if (at < text.length) found.push({ kind: 'text', text: text.slice(at) });
  return found;
}

interface Found {
  rule: Rule;
  match: RegExpExecArray;
}

/** The next match of each rule is kept until the reader is past its beginning, so no rule tries a letter twice. */
class Search {
  readonly #next = new Map<Rule, RegExpExecArray | null>();

  constructor(private readonly text: string) {}

  /** The first match from here on. */
  first(at: number): Found | null {
    let best: Found | null = null;
    for (const rule of RULES) {
      const match = this.#nextOf(rule, at);
      if (match && (!best || match.index < best.match.index)) best = { rule, match };
      if (match?.index === at) break;
    }
    return best;
  }

  /** It is nothing after all: its rule goes on behind it. */
  pass({ rule, match }: Found): void {
    this.#next.set(rule, this.#find(rule, match.index + match[0].length));
  }

  #nextOf(rule: Rule, at: number): RegExpExecArray | null {
    let match = this.#next.get(rule);
    if (match === undefined || (match && match.index < at)) {
      match = this.#find(rule, at);
      this.#next.set(rule, match);
    }
    return match;
  }

  #find({ pattern }: Rule, from: number): RegExpExecArray | null {
    pattern.lastIndex = from;
    const match = pattern.exec(this.text);
    if (match && pattern === ADDRESS) match[0] = trimAddress(match[0]);
    return match;
  }
}
