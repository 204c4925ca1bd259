// SPDX-License-Identifier: Apache-2.0
// A message's tree as elements.
import { type ReactNode, useMemo } from 'react';
import css from './Chat.module.css';
import { type Block, type Inline, readMarkdown } from './markdown';

const inline = (list: readonly Inline[]): ReactNode =>
  list.map((one, i) => {
    switch (one.kind) {
      case 'text':
        return one.text;
      case 'code':
        return <code key={i}>{one.text}</code>;
      case 'strong':
        return <strong key={i}>{inline(one.inside)}</strong>;
      case 'em':
        return <em key={i}>{inline(one.inside)}</em>;
      case 'del':
        return <del key={i}>{inline(one.inside)}</del>;
      case 'link':
        return (
          <a key={i} href={one.href} target="_blank" rel="noopener noreferrer nofollow">
            {inline(one.inside)}
          </a>
        );
    }
  });

function BlockView({ block }: { block: Block }): ReactNode {
  switch (block.kind) {
    case 'paragraph':
      return <p dir="auto">{inline(block.inside)}</p>;
    case 'heading':
      return (
        <p dir="auto">
          <strong>{inline(block.inside)}</strong>
        </p>
      );
    case 'code':
      return (
        // Wide lines are scrolled.
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre dir="ltr" tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case 'quote':
      return (
        <blockquote>
          <Blocks blocks={block.blocks} />
        </blockquote>
      );
    case 'list': {
      const items = block.items.map((item, i) => (
        <li key={i} dir="auto">
          {inline(item)}
        </li>
      ));
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
  }
}

const Blocks = ({ blocks }: { blocks: readonly Block[] }) =>
  blocks.map((block, i) => <BlockView key={i} block={block} />);

export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => readMarkdown(text), [text]);
  return (
    <div className={css.text}>
      <Blocks blocks={blocks} />
    </div>
  );
}
