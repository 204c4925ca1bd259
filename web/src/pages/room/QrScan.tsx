// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog, Notice } from '../../ui';
import css from './KeyPage.module.css';
import { scan } from './scan';

interface QrScanProps {
  onRead: (text: string) => void;
  onClose: () => void;
}

export function QrScan({ onRead, onClose }: QrScanProps) {
  const { t } = useTranslation();
  const ref = useRef<HTMLVideoElement>(null);
  const read = useRef(onRead);
  const [hasFailed, setFailed] = useState(false);

  useEffect(() => {
    read.current = onRead;
  }, [onRead]);

  useEffect(() => {
    const stop = new AbortController();
    let stream: MediaStream | null = null;
    const run = async (): Promise<void> => {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      const video = ref.current;
      if (!video || stop.signal.aborted) return end();
      video.srcObject = stream;
      await video.play();
      const text = await scan(video, stop.signal);
      if (text) read.current(text);
    };
    const end = (): void => stream?.getTracks().forEach((track) => track.stop());
    run().catch(() => setFailed(!stop.signal.aborted));
    return () => {
      stop.abort();
      end();
    };
  }, []);

  return (
    <Dialog title={t('key.scan')} onClose={onClose} narrow>
      {hasFailed ? (
        <Notice tone="waiting">{t('key.noCamera')}</Notice>
      ) : (
        <>
          <video ref={ref} className={css.view} muted playsInline aria-label={t('key.scanView')} />
          <p className={css.hint}>{t('key.scanHint')}</p>
        </>
      )}
    </Dialog>
  );
}
