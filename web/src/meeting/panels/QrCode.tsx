// SPDX-License-Identifier: Apache-2.0
// The link as a QR code. It is drawn from a bitmap that the key worker made: the page never has the key.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useKeys } from '../../app/services';
import type { QrBitmap } from '../../e2ee/messages';
import css from './Invite.module.css';

const QUIET = 4;

function draw(canvas: HTMLCanvasElement, { size, dark }: QrBitmap): void {
  canvas.width = canvas.height = size + 2 * QUIET;
  const pen = canvas.getContext('2d');
  if (!pen) return;
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = '#0c0c0d';
  dark.forEach((one, i) => {
    if (one) pen.fillRect(QUIET + (i % size), QUIET + Math.floor(i / size), 1, 1);
  });
}

interface QrCodeProps {
  page: string;
  /** A new key means a new code. */
  epoch: number;
}

export function QrCode({ page, epoch }: QrCodeProps) {
  const { t } = useTranslation('meeting');
  const keys = useKeys();
  const place = useRef<HTMLCanvasElement>(null);
  const [isBroken, setBroken] = useState(false);

  useEffect(() => {
    let isGone = false;
    keys.qr(page).then(
      (bitmap) => {
        if (!isGone && place.current) draw(place.current, bitmap);
      },
      () => setBroken(true),
    );
    return () => void (isGone = true);
  }, [keys, page, epoch]);

  if (isBroken) return null;
  return <canvas ref={place} className={css.qr} width={1} height={1} role="img" aria-label={t('invite.qr')} />;
}
