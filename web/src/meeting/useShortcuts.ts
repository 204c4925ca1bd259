// SPDX-License-Identifier: Apache-2.0
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { useCall } from './call/useCall';
import { usePreferences } from './preferences';
import { isTaken, type Shortcut, SHORTCUTS, shortcutOf } from './shortcuts';
import { useActions } from './useActions';
import { useUi } from './useUi';
import { toast } from '../ui';

/** The keys of the meeting, while it is there. Space is held to talk. */
export function useShortcuts(): void {
  const { t } = useTranslation('meeting');
  const call = useCall();
  const ui = useUi();
  const actions = useActions();
  const { shortcuts: isOn } = usePreferences();

  const run = (shortcut: Shortcut): void => {
    const { media, signals } = call;
    switch (shortcut) {
      case 'microphone':
      case 'camera':
      case 'screen':
        return void media.toggle(shortcut);
      case 'hand':
        return void signals.toggleHand();
      case 'chat':
      case 'people':
      case 'invite':
        return ui.togglePanel(shortcut);
      case 'react':
        return document.querySelector<HTMLElement>('[data-control="react"]')?.click();
      case 'deafen':
        return actions.toggleDeaf();
      case 'layout':
        return ui.set({ isGrid: !ui.isGrid, pinned: null });
      case 'fullScreen':
        return actions.fullScreen();
      case 'help':
        return ui.set({ dialog: 'help' });
      case 'previous':
      case 'next':
        return ui.set({ page: Math.max(ui.page + (shortcut === 'next' ? 1 : -1), 0) });
      case 'speakLock': {
        const state = call.manager?.health.getSnapshot().state;
        return toast(state ? t(`security.title.${state === 'ready' ? 'keyReady' : state}`) : t('pill.off'));
      }
      case 'talk':
        return;
      default: {
        const id = document.querySelectorAll<HTMLElement>('[data-tile]')[Number(shortcut.slice(3)) - 1]?.dataset.tile;
        if (id) ui.togglePin(id);
      }
    }
  };
  const latest = useRef(run);
  useEffect(() => void (latest.current = run));

  useEffect(() => {
    if (!isOn) return;
    let isTalking = false;
    const down = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || isTaken(event.target, event.key)) return;
      const shortcut = shortcutOf(event);
      if (!shortcut) return;
      event.preventDefault();
      if (shortcut === 'talk') {
        if (event.repeat || call.media.state.microphone) return;
        isTalking = true;
        void call.media.turn('microphone', true);
      } else if (!event.repeat) latest.current(shortcut);
    };
    const up = (event: KeyboardEvent): void => {
      if (event.key === SHORTCUTS.talk) stop();
    };
    /** Also when the window is left with the key held. */
    const stop = (): void => {
      if (!isTalking) return;
      isTalking = false;
      void call.media.release();
    };
    addEventListener('keydown', down);
    addEventListener('keyup', up);
    addEventListener('blur', stop);
    return () => {
      stop();
      removeEventListener('keydown', down);
      removeEventListener('keyup', up);
      removeEventListener('blur', stop);
    };
  }, [call, isOn]);
}
