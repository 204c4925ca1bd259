// SPDX-License-Identifier: Apache-2.0
// A small number, with buttons for one less and one more.
import { Minus, Plus } from 'lucide-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import css from './Stepper.module.css';

interface StepperProps {
  label: string;
  value: number;
  least: number;
  most: number;
  /** Shown for the lowest value, where it means "without a limit". */
  none?: string;
  onChange: (value: number) => void;
}

export function Stepper({ label, value, least, most, none, onChange }: StepperProps) {
  const { t } = useTranslation();
  const id = useId();
  const set = (wanted: number): void => onChange(Math.min(most, Math.max(least, Math.round(wanted) || least)));
  const isNone = none !== undefined && value === least;
  return (
    <div className={css.stepper}>
      <label htmlFor={id} className={css.label}>
        {label}
      </label>
      <div className={css.box}>
        <button type="button" aria-label={t('field.less')} disabled={value <= least} onClick={() => set(value - 1)}>
          <Minus size={16} aria-hidden />
        </button>
        <input
          id={id}
          inputMode="numeric"
          value={isNone ? none : value}
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => set(Number(event.currentTarget.value.replace(/\D/g, '')))}
        />
        <button type="button" aria-label={t('field.more')} disabled={value >= most} onClick={() => set(value + 1)}>
          <Plus size={16} aria-hidden />
        </button>
      </div>
    </div>
  );
}
