// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';
import type { ServerSettings } from '../../api';
import { useApi } from '../../app/services';

/** What this server offers to strangers; null until it has answered. */
export function useServer(): ServerSettings | null {
  const api = useApi();
  const [settings, setSettings] = useState<ServerSettings | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    api.get<ServerSettings>('/auth/settings', stop.signal).then(setSettings, () => undefined);
    return () => stop.abort();
  }, [api]);
  return settings;
}
