// SPDX-License-Identifier: Apache-2.0
// The link: as a QR code, to copy, to share. Its key is never shown; while we share our screen, neither is the code.
import { Copy, Eye, EyeOff, KeyRound, Share2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useKeyState } from '../../app/services';
import { Button, IconButton, Notice } from '../../ui';
import { useMedia } from '../call/useCall';
import css from './Invite.module.css';
import { QrCode } from './QrCode';
import { useInvite } from './useInvite';

/** Whether the code is shown, and if not, why. */
function useMask() {
  const { screen } = useMedia();
  const [isHidden, setHidden] = useState(false);
  return { isSharing: screen, isHidden: screen || isHidden, toggle: () => setHidden(!isHidden) };
}

export function LinkIsKey() {
  const { t } = useTranslation('meeting');
  return (
    <Notice tone="waiting" icon={KeyRound} title={t('invite.isKeyTitle')}>
      {t('invite.isKey')}
    </Notice>
  );
}

export function InviteSection() {
  const { t } = useTranslation('meeting');
  const { page, isEncrypted, canShare, copy, share } = useInvite();
  const { epoch } = useKeyState();
  const mask = useMask();
  const shown = page.replace(/^https?:\/\/[^/]+/, '…');
  return (
    <section className={css.section} aria-label={t('panel.inviteOnly')}>
      <div className={css.row}>
        <div className={css.code}>
          {mask.isHidden ? (
            <p className={css.masked}>
              <EyeOff size={21} strokeWidth={1.75} aria-hidden />
              {t(mask.isSharing ? 'invite.hiddenSharing' : 'invite.hidden')}
            </p>
          ) : isEncrypted ? (
            <QrCode page={page} epoch={epoch} />
          ) : (
            <p className={css.masked}>{t('invite.plain')}</p>
          )}
        </div>
        <div className={css.acts}>
          <p className="ink2 t-note">{t(isEncrypted ? 'invite.text' : 'invite.textPlain')}</p>
          <Button look="primary" icon={Copy} wide onClick={() => void copy()}>
            {t('invite.copy')}
          </Button>
          <div className={css.pair}>
            {canShare && (
              <Button icon={Share2} onClick={() => void share()}>
                {t('invite.share')}
              </Button>
            )}
            {isEncrypted && (
              <IconButton
                icon={mask.isHidden ? Eye : EyeOff}
                label={t(mask.isHidden ? 'invite.show' : 'invite.hide')}
                disabled={mask.isSharing}
                onClick={mask.toggle}
              />
            )}
          </div>
        </div>
      </div>
      <p className={css.link} dir="ltr">
        {shown}
        {isEncrypted && <b>#key=••••••••••••••••</b>}
      </p>
      {isEncrypted && <LinkIsKey />}
    </section>
  );
}

/** Beside our own picture, as long as nobody else is there. */
export function AloneCard() {
  const { t } = useTranslation('meeting');
  const { page, isEncrypted, canShare, copy, share } = useInvite();
  const { epoch } = useKeyState();
  const mask = useMask();
  return (
    <aside className={css.alone} aria-label={t('panel.inviteOnly')}>
      <div>
        <h2 className="t-heading">{t('alone.title')}</h2>
        <p className="ink2">{t(isEncrypted ? 'alone.text' : 'alone.textPlain')}</p>
      </div>
      {isEncrypted &&
        (mask.isHidden ? (
          <p className={css.masked}>{t('invite.hiddenSharing')}</p>
        ) : (
          <div className={css.paper}>
            <QrCode page={page} epoch={epoch} />
          </div>
        ))}
      <Button look="primary" size="large" icon={Copy} wide onClick={() => void copy()}>
        {t('invite.copy')}
      </Button>
      {canShare && (
        <Button icon={Share2} wide onClick={() => void share()}>
          {t('invite.share')}
        </Button>
      )}
      {isEncrypted && <LinkIsKey />}
    </aside>
  );
}
