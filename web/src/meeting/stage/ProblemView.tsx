// SPDX-License-Identifier: Apache-2.0
// Stands where the picture would: what is wrong, and what can be done.
import { useTranslation } from 'react-i18next';
import { Button, toast } from '../../ui';
import { useUi } from '../useUi';
import { canModerate, type PersonView } from '../call/people';
import { useCall, useCallState } from '../call/useCall';
import { useModeration } from '../panels/useModeration';
import { LOCK_ICONS, type Problem } from './lock';
import css from './Tile.module.css';

export function ProblemView({ problem, person }: { problem: Problem; person: PersonView }) {
  const { t } = useTranslation('meeting');
  const { openPanel } = useUi();
  const call = useCall();
  useCallState();
  const moderate = useModeration();
  const Icon = LOCK_ICONS[problem];
  const mayRemove = call.me && canModerate(call.me) && person.role !== 'host';
  return (
    <div className={css.problem}>
      <span className={css.sign}>
        <Icon size={26} strokeWidth={1.75} aria-hidden />
      </span>
      <strong>{t(`problem.${problem}.title`)}</strong>
      <p>{t(`problem.${problem}.text`, { name: person.name })}</p>
      {problem === 'wrong-key' && (
        <Button size="dense" onClick={() => openPanel('invite')}>
          {t('problem.compare')}
        </Button>
      )}
      {problem === 'blocked' && mayRemove && (
        <Button
          size="dense"
          onClick={() =>
            void moderate('kick', person).then((done) => done && toast(t('people.removed', { name: person.name })))
          }
        >
          {t('problem.remove', { name: person.name })}
        </Button>
      )}
    </div>
  );
}
