// SPDX-License-Identifier: Apache-2.0
// What is open and what is looked at. Nobody else in the meeting learns of it.
import { createContext, use, useMemo, useState } from 'react';

export type PanelName = 'people' | 'chat' | 'invite' | 'statistics';
export type DialogName = 'settings' | 'help' | 'leave';
export type SelfView = 'auto' | 'small' | 'hidden';

interface UiState {
  panel: PanelName | null;
  dialog: DialogName | null;
  /** A tile that was chosen to be large. */
  pinned: string | null;
  /** Everybody alike, even while a screen is shared. */
  isGrid: boolean;
  page: number;
  selfView: SelfView;
}

export interface Ui extends UiState {
  set: (change: Partial<UiState>) => void;
  openPanel: (panel: PanelName) => void;
  togglePanel: (panel: PanelName) => void;
  togglePin: (id: string) => void;
}

export const UiContext = createContext<Ui | null>(null);

export function useUi(): Ui {
  const ui = use(UiContext);
  if (!ui) throw new Error('no meeting around this component');
  return ui;
}

const FIRST: UiState = { panel: null, dialog: null, pinned: null, isGrid: false, page: 0, selfView: 'auto' };

export function useUiState(): Ui {
  const [state, setState] = useState(FIRST);
  return useMemo(() => {
    const set = (change: Partial<UiState>): void => setState((now) => ({ ...now, ...change }));
    return {
      ...state,
      set,
      openPanel: (panel) => set({ panel }),
      togglePanel: (panel) => setState((now) => ({ ...now, panel: now.panel === panel ? null : panel })),
      togglePin: (id) => setState((now) => ({ ...now, pinned: now.pinned === id ? null : id })),
    };
  }, [state]);
}
