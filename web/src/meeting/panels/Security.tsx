// SPDX-License-Identifier: Apache-2.0
// What is known of the encryption, how to compare keys, what the server sees and what it cannot, and a new key.
import { Eye, EyeOff, RefreshCw, ShieldOff } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useKeys, useKeyState } from '../../app/services';
import type { MeetingHealth } from '../../e2ee/health';
import { Button, Confirm, Fingerprint, Notice, toast } from '../../ui';
import { canModerate } from '../call/people';
import { useCall, useCallState, useHealth } from '../call/useCall';
import { LOCK_ICONS } from '../stage/lock';
import css from './Invite.module.css';

function useSummary(health: MeetingHealth): {
  state: 'encrypted' | 'waiting' | 'wrong-key' | 'blocked' | 'cannot' | 'silent';
  text: string;
} {
  const { t } = useTranslation('meeting');
  const count = (state: string): number => health.people.filter((one) => one.state === state).length;
  const parts = [
    count('encrypted') > 0 && t('security.checked', { count: count('encrypted') }),
    count('wrong-key') > 0 && t('security.wrongKey', { count: count('wrong-key') }),
    count('blocked') > 0 && t('security.blocked', { count: count('blocked') }),
    count('waiting') > 0 && t('security.waiting', { count: count('waiting') }),
    count('silent') > 0 && t('security.silent', { count: count('silent') }),
  ].filter(Boolean);
  const state = health.state === 'ready' ? 'silent' : health.state;
  return { state, text: parts.join(', ') };
}

function State({ health }: { health: MeetingHealth }) {
  const { t } = useTranslation('meeting');
  const key = useKeyState();
  const { state, text } = useSummary(health);
  const Icon = LOCK_ICONS[state];
  const title = key.old ? 'keyOld' : health.allDiffer ? 'keyDiffers' : state === 'silent' ? 'keyReady' : state;
  return (
    <div className={css.state} data-state={state}>
      <Icon size={24} strokeWidth={1.75} aria-hidden />
      <div>
        <h3>{t(`security.title.${title}`)}</h3>
        <p className="ink2 t-note">{text}</p>
      </div>
    </div>
  );
}

const SEEN = ['names', 'presence', 'sizes'] as const;
const UNSEEN = ['media', 'chat', 'key'] as const;

function ServerSees() {
  const { t } = useTranslation('meeting');
  return (
    <div className={css.sees}>
      <div>
        <h3>{t('security.sees')}</h3>
        <ul>
          {SEEN.map((one) => (
            <li key={one}>
              <Eye size={16} strokeWidth={2} aria-hidden />
              {t(`security.seen.${one}`)}
            </li>
          ))}
        </ul>
      </div>
      <div>
        <h3>{t('security.cannotSee')}</h3>
        <ul className={css.unseen}>
          {UNSEEN.map((one) => (
            <li key={one}>
              <EyeOff size={16} strokeWidth={2} aria-hidden />
              {t(`security.unseen.${one}`)}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function NewKey() {
  const { t } = useTranslation('meeting');
  const call = useCall();
  const { people } = useCallState();
  const [asks, setAsks] = useState(false);
  const [busy, setBusy] = useState(false);
  const health = useHealth();
  if (!call.me || !canModerate(call.me)) return null;
  // Whoever has another key, or none, cannot be handed one.
  const isReached = (identity: string): boolean =>
    !['wrong-key', 'blocked'].includes(health?.people.find((one) => one.identity === identity)?.state ?? '');
  const others = people.filter(({ isLocal }) => !isLocal);
  const reached = others.filter(({ identity }) => isReached(identity));
  const renew = async (): Promise<void> => {
    setBusy(true);
    const done = await call.manager?.rotate(reached.map(({ identity }) => identity)).catch(() => false);
    setBusy(false);
    setAsks(false);
    if (!done) toast(t('newKey.notNow'));
  };
  return (
    <div className={css.newKey}>
      <p className="ink2 t-note">{t('newKey.hint')}</p>
      <Button icon={RefreshCw} size="dense" onClick={() => setAsks(true)}>
        {t('newKey.make')}
      </Button>
      {asks && (
        <Confirm
          title={t('newKey.title')}
          action={t('newKey.make')}
          busy={busy}
          onConfirm={() => void renew()}
          onClose={() => setAsks(false)}
        >
          <p>
            {reached.length > 0
              ? t('newKey.text', { names: reached.map(({ name }) => name).join(', ') })
              : t('newKey.textAlone')}
          </p>
        </Confirm>
      )}
    </div>
  );
}

function Remember() {
  const { t } = useTranslation('meeting');
  const keys = useKeys();
  const { remembered } = useKeyState();
  return (
    <label className={css.remember}>
      <input
        type="checkbox"
        checked={remembered}
        onChange={(event) =>
          void keys.remember(event.currentTarget.checked).catch(() => toast(t('security.notRemembered')))
        }
      />
      <span>{t('security.remember')}</span>
    </label>
  );
}

export function SecuritySection() {
  const { t } = useTranslation('meeting');
  const health = useHealth();
  const { fingerprint, bits } = useKeyState();
  if (!health) {
    return (
      <section className={css.section}>
        <Notice icon={ShieldOff} title={t('security.offTitle')}>
          {t('security.off')}
        </Notice>
      </section>
    );
  }
  return (
    <>
      <section className={css.section} aria-label={t('security.title.encrypted')}>
        <State health={health} />
        {fingerprint && <Fingerprint columns={fingerprint} />}
        <p className="ink2 t-note">{t('security.readAloud')}</p>
        {bits === 256 && <p className="ink3 t-note">{t('security.bits256')}</p>}
      </section>
      <section className={css.section}>
        <ServerSees />
        <NewKey />
        <Remember />
      </section>
    </>
  );
}
