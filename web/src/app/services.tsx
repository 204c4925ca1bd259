// SPDX-License-Identifier: Apache-2.0
// What every page may use: the calls to the server, who is signed in, and the door to the key worker.
import { createContext, use, useSyncExternalStore } from 'react';
import type { Api, Session, User, Who } from '../api';
import type { KeyClient } from '../e2ee/client';
import type { KeyState } from '../e2ee/messages';

export interface Services {
  api: Api;
  session: Session;
  keys: KeyClient;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = use(ServicesContext);
  if (!services) throw new Error('no services around this component');
  return services;
}

export const useApi = (): Api => useServices().api;

export const useKeys = (): KeyClient => useServices().keys;

export function useWho(): Who {
  const { session } = useServices();
  return useSyncExternalStore(session.watch, () => session.who);
}

export function useUser(): User | null {
  const who = useWho();
  return 'user' in who ? who.user : null;
}

export function useKeyState(): KeyState {
  const keys = useKeys();
  return useSyncExternalStore(keys.watch, () => keys.key);
}
