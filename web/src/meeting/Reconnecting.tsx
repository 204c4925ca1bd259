// SPDX-License-Identifier: Apache-2.0
import { WifiOff } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { useCall, useCallState } from './call/useCall';
import { Button } from '../ui';
import css from './Reconnecting.module.css';

/** The connection is gone for now. What is seen below is the last that came. */
export function Reconnecting() {
  const { t } = useTranslation('meeting');
  const call = useCall();
  const { connection } = useCallState();
  if (connection !== 'reconnecting') return null;
  return (
    <div className={css.veil} role="alert" data-state="reconnecting">
      <div className={css.box}>
        <WifiOff size={28} strokeWidth={1.5} aria-hidden />
        <h2 className="t-heading">{t('reconnecting.title')}</h2>
        <p className="ink2">{t('reconnecting.text')}</p>
        <Button onClick={() => void call.leave()}>{t('leave')}</Button>
      </div>
    </div>
  );
}
