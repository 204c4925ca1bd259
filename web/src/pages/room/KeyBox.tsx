// SPDX-License-Identifier: Apache-2.0
// What will be encrypted, and what others should read when they look at the same.
import { ShieldCheck, ShieldOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useKeyState } from '../../app/services';
import { Fingerprint, Notice } from '../../ui';
import css from './PreJoin.module.css';

export function KeyBox({ encrypted }: { encrypted: boolean }) {
  const { t } = useTranslation();
  const { fingerprint } = useKeyState();
  if (!encrypted || !fingerprint) {
    return (
      <Notice icon={ShieldOff} title={t('encryption.offTitle')}>
        {t('room.clear')}
      </Notice>
    );
  }
  return (
    <section className={css.key} aria-labelledby="key-title">
      <div className={css.keyHead}>
        <ShieldCheck size={21} strokeWidth={1.75} aria-hidden />
        <div>
          <h2 id="key-title">{t('room.ready')}</h2>
          <p>{t('room.compare')}</p>
        </div>
      </div>
      <Fingerprint columns={fingerprint} />
    </section>
  );
}
