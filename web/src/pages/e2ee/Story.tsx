// SPDX-License-Identifier: Apache-2.0
// How it works, in three steps; what that rests on; where it runs; and a way to try it.
import {
  Boxes,
  Cpu,
  EyeOff,
  KeyRound,
  Link as LinkIcon,
  type LucideIcon,
  ServerOff,
  ShieldCheck,
  Video,
} from 'lucide-react';
import { Trans, useTranslation } from 'react-i18next';
import { Button, Notice } from '../../ui';
import { useStart } from '../home/useStart';
import css from './E2eePage.module.css';

const STEPS: readonly [LucideIcon, 'toggle' | 'share' | 'relay'][] = [
  [ShieldCheck, 'toggle'],
  [LinkIcon, 'share'],
  [ServerOff, 'relay'],
];

const GROUNDS: readonly [LucideIcon, 'keys' | 'worker' | 'streams' | 'blind'][] = [
  [KeyRound, 'keys'],
  [Cpu, 'worker'],
  [Boxes, 'streams'],
  [EyeOff, 'blind'],
];

const PROMISES = ['perRoom', 'zero', 'noRecording', 'auditable'] as const;

export function Story() {
  const { t } = useTranslation('e2ee');
  const { tryIt, busy, error } = useStart();
  return (
    <>
      <section className={css.part}>
        <h2 className="t-title">{t('steps.title')}</h2>
        <ol className={css.three}>
          {STEPS.map(([Icon, step], index) => (
            <li key={step}>
              <Icon size={21} strokeWidth={1.75} aria-hidden />
              <h3>
                {index + 1}. {t(`steps.${step}.title`)}
              </h3>
              <p>{t(`steps.${step}.text`)}</p>
            </li>
          ))}
        </ol>
      </section>
      <section className={css.part}>
        <h2 className="t-title">{t('grounds.title')}</h2>
        <ul className={css.four}>
          {GROUNDS.map(([Icon, ground]) => (
            <li key={ground}>
              <Icon size={21} strokeWidth={1.75} aria-hidden />
              <h3>{t(`grounds.${ground}.title`)}</h3>
              <p>{t(`grounds.${ground}.text`)}</p>
            </li>
          ))}
        </ul>
      </section>
      <section className={css.part}>
        <h2 className="t-title">{t('promises.title')}</h2>
        <dl className={css.promises}>
          {PROMISES.map((promise) => (
            <div key={promise}>
              <dt>{t(`promises.${promise}.title`)}</dt>
              <dd>
                <Trans t={t} i18nKey={`promises.${promise}.text`} components={[<code key="0" />]} />
              </dd>
            </div>
          ))}
        </dl>
        <p className={css.platforms}>{t('platforms')}</p>
      </section>
      <section className={css.end}>
        <h2 className="t-title">{t('try.title')}</h2>
        <Button look="primary" size="large" icon={Video} busy={busy === 'demo'} onClick={tryIt}>
          {t('try.action')}
        </Button>
        {error && (
          <Notice tone="blocked" alert>
            {error}
          </Notice>
        )}
      </section>
    </>
  );
}
