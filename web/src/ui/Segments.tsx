// SPDX-License-Identifier: Apache-2.0
// One of a few, all seen at once. Radio buttons underneath: arrows move, one stop for Tab.
import type { LucideIcon } from 'lucide-react';
import { useId } from 'react';
import { classes } from './classes';
import css from './Segments.module.css';

interface SegmentsProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly { value: Value; text: string; icon?: LucideIcon }[];
  onChange: (value: Value) => void;
  /** As a field of a form, with its label above and an edge. */
  field?: boolean;
}

export function Segments<Value extends string>({ label, value, options, onChange, field }: SegmentsProps<Value>) {
  const name = useId();
  return (
    <fieldset className={css.set}>
      <legend className={field ? css.legend : 'said'}>{label}</legend>
      <div className={classes(css.row, field && css.field)}>
        {options.map(({ value: one, text, icon: Icon }) => (
          <label key={one} className={css.option}>
            <input type="radio" name={name} checked={one === value} onChange={() => onChange(one)} />
            <span className={css.face}>
              {Icon && <Icon size={18} strokeWidth={1.75} aria-hidden />}
              {text}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
