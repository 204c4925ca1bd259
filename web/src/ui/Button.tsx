// SPDX-License-Identifier: Apache-2.0
import type { LucideIcon } from 'lucide-react';
import type { ComponentProps, MouseEvent, ReactNode } from 'react';
import { Link } from 'wouter';
import css from './Button.module.css';
import { classes } from './classes';
import { Tooltip } from './Tooltip';

export type ButtonLook = 'primary' | 'secondary' | 'quiet' | 'danger' | 'link';

interface Look {
  look?: ButtonLook;
  size?: 'dense' | 'normal' | 'large';
  icon?: LucideIcon;
  iconEnd?: LucideIcon;
  wide?: boolean;
  children: ReactNode;
}

function Inside({ icon: Icon, iconEnd: IconEnd, children }: Look) {
  return (
    <>
      {Icon && <Icon size={18} strokeWidth={1.75} aria-hidden />}
      <span>{children}</span>
      {IconEnd && <IconEnd size={18} strokeWidth={1.75} aria-hidden className="flips" />}
    </>
  );
}

const classOf = ({ look = 'secondary', size = 'normal', wide }: Look): string =>
  classes(css.button, css[look], css[size], wide && css.wide);

export interface ButtonProps extends Look, Omit<ComponentProps<'button'>, 'children'> {
  /** At work: nothing more can be pressed, and the width stays. */
  busy?: boolean;
  /** Disabled, and this is why. */
  reason?: string;
}

export function Button({ look, size, icon, iconEnd, wide, busy, reason, type = 'button', ...rest }: ButtonProps) {
  const stop = busy || Boolean(reason);
  const { children, className, onClick, ...others } = rest;
  const press = (event: MouseEvent<HTMLButtonElement>): void => {
    if (stop) event.preventDefault();
    else onClick?.(event);
  };
  const button = (
    <button
      type={type}
      className={classes(classOf({ look, size, wide, children }), className)}
      aria-busy={busy || undefined}
      aria-disabled={stop || undefined}
      onClick={press}
      {...others}
    >
      <Inside icon={icon} iconEnd={iconEnd}>
        {children}
      </Inside>
    </button>
  );
  return reason ? <Tooltip text={reason}>{button}</Tooltip> : button;
}

/** Looks like a button, and leads somewhere. */
export function ButtonLink({ href, ...look }: Look & { href: string }) {
  return (
    <Link href={href} className={classOf(look)}>
      <Inside {...look} />
    </Link>
  );
}

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  icon: LucideIcon;
  /** What it does: its name for screen readers, and its tooltip. */
  label: string;
  dense?: boolean;
}

export function IconButton({ icon: Icon, label, dense, className, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label}>
      <button
        type="button"
        aria-label={label}
        className={classes(css.icon, dense && css.denseIcon, className)}
        {...rest}
      >
        <Icon size={18} strokeWidth={1.75} aria-hidden />
      </button>
    </Tooltip>
  );
}
