// SPDX-License-Identifier: Apache-2.0
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { endMeeting } from '../../api';
import { useApi } from '../../app/services';
import { errorText } from '../../pages/errors';
import { Button, Dialog, toast } from '../../ui';
import { useCall } from '../call/useCall';
import { useUi } from '../useUi';

const SettingsDialog = lazy(() => import('./SettingsDialog'));
const HelpDialog = lazy(() => import('./HelpDialog'));

/** A host leaves, or ends it for all. */
function LeaveDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('meeting');
  const { t: app } = useTranslation();
  const api = useApi();
  const call = useCall();
  const end = (): void => {
    endMeeting(api, call.admission.id).catch((error: unknown) => toast(errorText(app, error)));
  };
  return (
    <Dialog
      narrow
      title={t('leaving.title')}
      onClose={onClose}
      actions={
        <>
          <Button look="danger" onClick={end}>
            {t('leaving.end')}
          </Button>
          <Button look="primary" onClick={() => void call.leave()}>
            {t('leave')}
          </Button>
        </>
      }
    >
      <p>{t('leaving.text')}</p>
    </Dialog>
  );
}

export function Dialogs() {
  const { dialog, set } = useUi();
  const close = (): void => set({ dialog: null });
  return (
    <Suspense fallback={null}>
      {dialog === 'settings' && <SettingsDialog onClose={close} />}
      {dialog === 'help' && <HelpDialog onClose={close} />}
      {dialog === 'leave' && <LeaveDialog onClose={close} />}
    </Suspense>
  );
}
