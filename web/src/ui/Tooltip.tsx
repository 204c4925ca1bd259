// SPDX-License-Identifier: Apache-2.0
import { Tooltip as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { useLayer } from './layer';
import css from './Tooltip.module.css';

/** Around the whole app: one tooltip follows another without the wait. */
export function TooltipRoom({ children }: { children: ReactNode }) {
  return (
    <Radix.Provider delayDuration={400} skipDelayDuration={200}>
      {children}
    </Radix.Provider>
  );
}

export function Tooltip({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal container={useLayer()}>
        <Radix.Content className={css.tooltip} sideOffset={6} collisionPadding={8}>
          {text}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
