// SPDX-License-Identifier: Apache-2.0
import { Copy, Plus, Ticket, Trash2 } from 'lucide-react';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useApi } from '../../app/services';
import { Button, Dialog, Empty, Field, IconButton, Line, Lines, Stepper, toast } from '../../ui';
import { dayText } from '../dates';
import { errorText } from '../errors';
import { PageHead } from '../frame/PageHead';
import { Shown } from '../Shown';
import { useLoad } from '../useLoad';
import css from './admin.module.css';
import { AdminFrame } from './AdminFrame';
import { createInvite, type Invite, invites, revokeInvite } from './api';

const MOST_DAYS = 30;

function NewInvite({ onClose, onMade }: { onClose: () => void; onMade: (invite: Invite) => void }) {
  const { t } = useTranslation();
  const api = useApi();
  const [email, setEmail] = useState('');
  const [days, setDays] = useState(3);
  const [busy, setBusy] = useState(false);
  const make = (): void => {
    setBusy(true);
    createInvite(api, email.trim(), days * 24).then(onMade, (error: unknown) => {
      toast(errorText(t, error));
      setBusy(false);
    });
  };
  return (
    <Dialog
      title={t('admin.newInvite')}
      narrow
      busy={busy}
      onClose={onClose}
      onSubmit={make}
      actions={
        <Button type="submit" look="primary" busy={busy}>
          {t('admin.makeInvite')}
        </Button>
      }
    >
      <div className={css.form}>
        <Field
          label={t('admin.inviteEmail')}
          hint={t('admin.inviteEmailHint')}
          type="email"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          data-first
        />
        <Stepper label={t('admin.days')} value={days} least={1} most={MOST_DAYS} onChange={setDays} />
      </div>
    </Dialog>
  );
}

function Invites() {
  const { t, i18n } = useTranslation();
  const api = useApi();
  const [isMaking, setMaking] = useState(false);
  const load = useCallback((signal: AbortSignal) => invites(api, signal).then(({ tokens }) => tokens), [api]);
  const { state, reload, set } = useLoad(load);
  const linkOf = ({ token }: Invite): string => `${location.origin}/auth/register?invite=${encodeURIComponent(token)}`;
  const copy = (invite: Invite): void => {
    navigator.clipboard.writeText(linkOf(invite)).then(
      () => toast(t('rooms.copied')),
      () => toast(t('rooms.notCopied')),
    );
  };
  const revoke = (id: string): void => {
    revokeInvite(api, id).then(
      () => set((list) => list.filter((one) => one.id !== id)),
      (error: unknown) => toast(errorText(t, error)),
    );
  };
  return (
    <>
      <PageHead title={t('nav.invites')}>
        <Button look="primary" icon={Plus} onClick={() => setMaking(true)}>
          {t('admin.newInvite')}
        </Button>
      </PageHead>
      <Shown state={state} place={css.number} onRetry={reload}>
        {(value) =>
          value.length === 0 ? (
            <Empty icon={Ticket} title={t('admin.noInvites')} text={t('admin.noInvitesText')} />
          ) : (
            <Lines>
              {value.map((invite) => (
                <Line
                  key={invite.id}
                  start={<Ticket size={21} strokeWidth={1.75} aria-hidden />}
                  title={invite.email || t('admin.anybody')}
                  text={
                    invite.used ? t('admin.used') : t('admin.until', { day: dayText(invite.expiresAt, i18n.language) })
                  }
                  end={
                    <>
                      {!invite.used && (
                        <Button size="dense" icon={Copy} onClick={() => copy(invite)}>
                          {t('rooms.copy')}
                        </Button>
                      )}
                      <IconButton icon={Trash2} label={t('admin.revoke')} dense onClick={() => revoke(invite.id)} />
                    </>
                  }
                />
              ))}
            </Lines>
          )
        }
      </Shown>
      {isMaking && (
        <NewInvite
          onClose={() => setMaking(false)}
          onMade={(invite) => {
            setMaking(false);
            set((list) => [invite, ...list]);
            copy(invite);
          }}
        />
      )}
    </>
  );
}

export default function InvitesPage() {
  return (
    <AdminFrame>
      <Invites />
    </AdminFrame>
  );
}
