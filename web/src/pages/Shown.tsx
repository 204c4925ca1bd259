// SPDX-License-Identifier: Apache-2.0
// Something that is fetched for a page: places for it, then itself; or why it is not there.
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Failed, Skeletons } from '../ui';
import { errorText } from './errors';
import type { Loaded } from './useLoad';

interface ShownProps<T> {
  state: Loaded<T>;
  /** The size of what comes. */
  place?: string;
  onRetry: () => void;
  children: (value: T) => ReactNode;
}

export function Shown<T>({ state, place, onRetry, children }: ShownProps<T>) {
  const { t } = useTranslation();
  switch (state.status) {
    case 'loading':
      return <Skeletons className={place} />;
    case 'failed':
      return <Failed text={errorText(t, state.error)} onRetry={onRetry} />;
    case 'there':
      return children(state.value);
  }
}
