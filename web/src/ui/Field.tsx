// SPDX-License-Identifier: Apache-2.0
import { CircleAlert, Eye, EyeOff, type LucideIcon } from 'lucide-react';
import { type ComponentProps, type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { classes } from './classes';
import css from './Field.module.css';

export interface FieldProps extends ComponentProps<'input'> {
  /** In a dialog: the focus begins here. */
  'data-first'?: boolean;
  label: string;
  hint?: ReactNode;
  error?: string | null;
  icon?: LucideIcon;
  large?: boolean;
  /** The label is said, not shown. */
  quiet?: boolean;
  /** Stands at the end of the field. */
  end?: ReactNode;
}

export function Field({ label, hint, error, icon: Icon, large, quiet, end, className, ...input }: FieldProps) {
  const id = useId();
  return (
    <div className={classes(css.field, className)}>
      <label htmlFor={id} className={quiet ? 'said' : css.label}>
        {label}
      </label>
      <div className={classes(css.box, large && css.large, error && css.wrong)}>
        {Icon && <Icon size={18} strokeWidth={1.75} aria-hidden />}
        <input
          id={id}
          className={css.input}
          aria-invalid={error ? true : undefined}
          aria-describedby={error || hint ? `${id}-more` : undefined}
          {...input}
        />
        {end}
      </div>
      {error ? (
        <p id={`${id}-more`} className={css.error} role="alert">
          <CircleAlert size={14} aria-hidden />
          {error}
        </p>
      ) : (
        hint && (
          <p id={`${id}-more`} className={css.hint}>
            {hint}
          </p>
        )
      )}
    </div>
  );
}

export function PasswordField(props: Omit<FieldProps, 'type' | 'end'>) {
  const { t } = useTranslation();
  const [isShown, setShown] = useState(false);
  const Icon = isShown ? EyeOff : Eye;
  return (
    <Field
      {...props}
      type={isShown ? 'text' : 'password'}
      spellCheck={false}
      autoCapitalize="none"
      end={
        <button
          type="button"
          className={css.reveal}
          aria-label={t('field.showPassword')}
          aria-pressed={isShown}
          onClick={() => setShown(!isShown)}
        >
          <Icon size={18} strokeWidth={1.75} aria-hidden />
        </button>
      }
    />
  );
}
