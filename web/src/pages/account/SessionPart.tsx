// SPDX-License-Identifier: Apache-2.0
// Where this account is signed in.
import { Monitor, Smartphone } from 'lucide-react';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { LoginSession } from '../../api';
import { useApi } from '../../app/services';
import { Button, Line, Lines, Section, toast } from '../../ui';
import { dayText } from '../dates';
import { errorText } from '../errors';
import { Shown } from '../Shown';
import { useLoad } from '../useLoad';
import { readClient } from './client';

function SessionLine({ session, onEnd }: { session: LoginSession; onEnd: () => void }) {
  const { t, i18n } = useTranslation();
  const { browser, system, isPhone } = readClient(session.client);
  const Icon = isPhone ? Smartphone : Monitor;
  const name =
    browser && system ? t('account.client', { browser, system }) : (browser ?? system ?? t('account.noClient'));
  const since = dayText(session.lastUsedAt ?? session.createdAt, i18n.language);
  return (
    <Line
      start={<Icon size={21} strokeWidth={1.75} aria-hidden />}
      title={name}
      text={session.current ? t('account.thisOne') : t('account.lastUsed', { day: since })}
      end={
        !session.current && (
          <Button size="dense" onClick={onEnd} aria-label={t('account.endNamed', { name })}>
            {t('account.end')}
          </Button>
        )
      }
    />
  );
}

export function SessionPart() {
  const { t } = useTranslation();
  const api = useApi();
  const load = useCallback(
    (signal: AbortSignal) =>
      api.get<{ sessions: LoginSession[] }>('/auth/sessions', signal).then(({ sessions }) => sessions),
    [api],
  );
  const { state, reload, set } = useLoad(load);
  const end = async (id: string | null): Promise<void> => {
    try {
      await api.delete(`/auth/sessions${id ? `/${encodeURIComponent(id)}` : ''}`);
      set((sessions) => sessions.filter((one) => one.current || (id !== null && one.id !== id)));
      toast(t(id ? 'account.ended' : 'account.othersEnded'));
    } catch (error) {
      toast(errorText(t, error));
    }
  };
  return (
    <Section title={t('account.sessions')} text={t('account.sessionsText')}>
      <Shown state={state} onRetry={reload}>
        {(value) => (
          <>
            <Lines>
              {[...value]
                .sort((a, b) => Number(b.current) - Number(a.current))
                .map((session) => (
                  <SessionLine key={session.id} session={session} onEnd={() => void end(session.id)} />
                ))}
            </Lines>
            {value.length > 1 && (
              <div>
                <Button onClick={() => void end(null)}>{t('account.endOthers')}</Button>
              </div>
            )}
          </>
        )}
      </Shown>
    </Section>
  );
}
