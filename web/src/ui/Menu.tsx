// SPDX-License-Identifier: Apache-2.0
// A menu that opens from a button. Not modal: what locks the page for modal menus would write a style into it.
import { Check, type LucideIcon } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { classes } from './classes';
import { useLayer } from './layer';
import css from './Menu.module.css';

interface MenuProps {
  /** The button; it takes a ref and the menu's attributes. */
  trigger: ReactNode;
  children: ReactNode;
  align?: 'start' | 'end' | 'center';
  side?: 'top' | 'bottom';
  label?: string;
  /** Looks like the stage it stands on. */
  stage?: boolean;
}

export function Menu({ trigger, children, align = 'end', side = 'bottom', label, stage }: MenuProps) {
  return (
    <Radix.Root modal={false} dir={document.documentElement.dir === 'rtl' ? 'rtl' : 'ltr'}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal container={useLayer()}>
        <Radix.Content
          className={classes(css.menu, stage && 'stage')}
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          aria-label={label}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface MenuItemProps {
  icon?: LucideIcon;
  children: ReactNode;
  onSelect: () => void;
  danger?: boolean;
  disabled?: boolean;
  /** A shortcut, or what belongs to the end of the line. */
  end?: ReactNode;
}

export function MenuItem({ icon: Icon, children, onSelect, danger, disabled, end }: MenuItemProps) {
  return (
    <Radix.Item className={classes(css.item, danger && css.danger)} disabled={disabled} onSelect={onSelect}>
      {Icon && <Icon size={18} strokeWidth={1.75} aria-hidden />}
      <span className={css.words}>{children}</span>
      {end}
    </Radix.Item>
  );
}

interface MenuChoiceProps<Value extends string> {
  label?: string;
  value: Value;
  options: readonly { value: Value; text: ReactNode }[];
  onChoose: (value: Value) => void;
}

/** One of several. */
export function MenuChoice<Value extends string>({ label, value, options, onChoose }: MenuChoiceProps<Value>) {
  return (
    <Radix.RadioGroup value={value} onValueChange={(chosen) => onChoose(chosen as Value)}>
      {label && <Radix.Label className={css.label}>{label}</Radix.Label>}
      {options.map((option) => (
        <Radix.RadioItem key={option.value} value={option.value} className={css.item}>
          <span className={css.mark}>
            <Radix.ItemIndicator>
              <Check size={18} strokeWidth={1.75} aria-hidden />
            </Radix.ItemIndicator>
          </span>
          <span className={css.words}>{option.text}</span>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}

export const MenuLine = () => <Radix.Separator className={css.line} />;
