// SPDX-License-Identifier: Apache-2.0
// The app begins: its services, its words, its pages.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Api, Session } from '../api';
import type { KeyClient } from '../e2ee/client';
import { Toasts, TooltipRoom } from '../ui';
import { startWords } from './i18n';
import { Routes } from './routes';
import { ServicesContext } from './services';

export async function start(keys: KeyClient): Promise<void> {
  const place = document.getElementById('app');
  if (!place) throw new Error('the page has no #app');
  const api = new Api();
  const session = new Session(api);
  void session.start();
  await startWords();
  createRoot(place).render(
    <StrictMode>
      <ServicesContext value={{ api, session, keys }}>
        <TooltipRoom>
          <Routes />
          <Toasts />
        </TooltipRoom>
      </ServicesContext>
    </StrictMode>,
  );
}
