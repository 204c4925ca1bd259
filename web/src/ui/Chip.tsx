// SPDX-License-Identifier: Apache-2.0
// A switch with an icon, a word, and a mark of the same width in both states.
import { Circle, CircleCheck, type LucideIcon } from 'lucide-react';
import css from './Chip.module.css';
import { classes } from './classes';

interface ChipProps {
  icon: LucideIcon;
  label: string;
  on: boolean;
  onChange: (on: boolean) => void;
  /** The colour of encryption: for its chip alone. */
  enc?: boolean;
  disabled?: boolean;
  describedBy?: string;
}

export function Chip({ icon: Icon, label, on, onChange, enc, disabled, describedBy }: ChipProps) {
  const MarkIcon = on ? CircleCheck : Circle;
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-describedby={describedBy}
      disabled={disabled}
      className={classes(css.chip, on && (enc ? css.enc : css.on))}
      onClick={() => onChange(!on)}
    >
      <Icon size={18} strokeWidth={1.75} aria-hidden />
      {label}
      <MarkIcon size={16} strokeWidth={2} aria-hidden />
    </button>
  );
}
