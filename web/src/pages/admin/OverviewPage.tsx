// SPDX-License-Identifier: Apache-2.0
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { useApi } from '../../app/services';
import { Failed, Skeletons } from '../../ui';
import { errorText } from '../errors';
import { PageHead } from '../frame/PageHead';
import { useLoad } from '../useLoad';
import css from './admin.module.css';
import { AdminFrame } from './AdminFrame';
import { stats } from './api';

const EVERY_MS = 10_000;
const NUMBERS = [
  'online',
  'meetings',
  'activeRooms',
  'suspendedRooms',
  'archivedRooms',
  'users',
  'superadmins',
] as const;

function Overview() {
  const { t, i18n } = useTranslation();
  const api = useApi();
  const load = useCallback((signal: AbortSignal) => stats(api, signal), [api]);
  const { state, reload } = useLoad(load, EVERY_MS);
  const number = new Intl.NumberFormat(i18n.language);
  return (
    <>
      <PageHead title={t('nav.overview')} />
      {state.status === 'failed' && <Failed text={errorText(t, state.error)} onRetry={reload} />}
      <dl className={css.numbers}>
        {state.status === 'loading' && <Skeletons count={NUMBERS.length} className={css.number} />}
        {state.status === 'there' &&
          NUMBERS.map((name) => (
            <div key={name} className={css.number}>
              <dd>{number.format(state.value[name])}</dd>
              <dt>{t(`admin.numbers.${name}`)}</dt>
            </div>
          ))}
      </dl>
      {state.status === 'there' && <p className="ink3">{t('admin.version', { version: state.value.version })}</p>}
    </>
  );
}

export default function OverviewPage() {
  return (
    <AdminFrame>
      <Overview />
    </AdminFrame>
  );
}
