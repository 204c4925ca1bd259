// SPDX-License-Identifier: Apache-2.0
import { Download, File, FileLock2 } from 'lucide-react';
import { useCallback, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { useCall } from '../call/useCall';
import css from './Chat.module.css';
import { fileKey } from './files';
import type { FileAttachment } from './payloads';

/** 1.2 MB */
export function sizeText(bytes: number, language: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  const power = Math.min(bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3), 3);
  const form = {
    style: 'unit',
    unit: units[power],
    unitDisplay: 'short',
    maximumFractionDigits: power > 1 ? 1 : 0,
  } as const;
  return new Intl.NumberFormat(language, form).format(bytes / 1000 ** power);
}

const addresses = new WeakMap<Blob, string>();

function addressOf(blob: Blob | null): string | undefined {
  if (!blob) return undefined;
  const address = addresses.get(blob) ?? URL.createObjectURL(blob);
  addresses.set(blob, address);
  return address;
}

function forget(blob: Blob | null): void {
  if (!blob) return;
  URL.revokeObjectURL(addresses.get(blob) ?? '');
  addresses.delete(blob);
}

/** An address of the page's own for what is in memory, as long as it is shown. */
function useAddress(blob: Blob | null): string | undefined {
  return useSyncExternalStore(
    useCallback(() => () => forget(blob), [blob]),
    useCallback(() => addressOf(blob), [blob]),
  );
}

export function FileView({ attachment, from }: { attachment: FileAttachment; from: string }) {
  const { t, i18n } = useTranslation('meeting');
  const call = useCall();
  const key = fileKey(from, attachment);
  const state = useSyncExternalStore(call.files.watch, () => call.files.get(key));
  const address = useAddress(state?.blob ?? null);
  const { name, size, kind } = attachment;
  const isSealed = call.manager !== null;
  const Icon = isSealed ? FileLock2 : File;
  const isUnder = state && state.progress < 1;
  const about = state?.isBroken
    ? t('file.broken')
    : isUnder
      ? t('file.progress', { percent: Math.round(state.progress * 100) })
      : t(isSealed ? 'file.sealed' : 'file.plain');
  return (
    <figure className={css.file}>
      {kind === 'image' && address && <img src={address} alt={name} className={css.picture} />}
      <figcaption>
        <span className={css.fileIcon}>
          <Icon size={21} strokeWidth={1.75} aria-hidden />
        </span>
        <span className={css.fileWords}>
          <b dir="auto">{name}</b>
          <span>
            {sizeText(size, i18n.language)}, {state ? about : t('file.gone')}
          </span>
        </span>
        {address && (
          <a href={address} download={name} className={css.save} aria-label={t('file.save', { name })}>
            <Download size={18} strokeWidth={1.75} aria-hidden />
          </a>
        )}
      </figcaption>
    </figure>
  );
}
