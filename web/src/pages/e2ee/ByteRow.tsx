// SPDX-License-Identifier: Apache-2.0
// The beginning and the end of a frame, byte by byte, coloured by what they are.
import { useTranslation } from 'react-i18next';
import { classes } from '../../ui';
import css from './E2eePage.module.css';

export type Part = 'clear' | 'plain' | 'cipher' | 'tag' | 'trailer';

const TAG = 16;
const TRAILER = 14;
const START = 22;

/** What a byte of a frame is. */
export function partOf(index: number, size: number, clear: number, encrypted: boolean): Part {
  if (index < clear && encrypted) return 'clear';
  if (!encrypted) return index < clear ? 'clear' : 'plain';
  if (index >= size - TRAILER) return 'trailer';
  return index >= size - TRAILER - TAG ? 'tag' : 'cipher';
}

interface ByteRowProps {
  bytes: Uint8Array;
  clear: number;
  encrypted: boolean;
  flipped?: number | null;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

export function ByteRow({ bytes, clear, encrypted, flipped = null }: ByteRowProps) {
  const { t } = useTranslation('e2ee');
  const end = encrypted ? TAG + TRAILER : 0;
  const shown = [...bytes.keys()].filter((index) => index < START || index >= bytes.length - end);
  const hidden = bytes.length - shown.length;
  return (
    <div className={css.bytes} aria-label={t('bytes', { count: bytes.length })} role="img" dir="ltr">
      {shown.map((index) => (
        <span
          key={index}
          className={classes(
            css.byte,
            css[partOf(index, bytes.length, clear, encrypted)],
            index === flipped && css.flipped,
          )}
        >
          {hex(bytes[index] ?? 0)}
          {index === START - 1 && hidden > 0 && <i className={css.gap}>+{hidden}</i>}
        </span>
      ))}
    </div>
  );
}
