// SPDX-License-Identifier: Apache-2.0
// Giving the link away. With encryption it is the key, so the key worker gives it out on a click and nobody keeps it.
import { useTranslation } from 'react-i18next';
import { useKeys } from '../../app/services';
import { toast } from '../../ui';
import { useCall } from '../call/useCall';

export interface Invite {
  page: string;
  isEncrypted: boolean;
  canShare: boolean;
  copy: () => Promise<void>;
  share: () => Promise<void>;
}

export function useInvite(): Invite {
  const { t } = useTranslation('meeting');
  const keys = useKeys();
  const { manager, admission } = useCall();
  const page = `${location.origin}/m/${admission.name}`;
  const link = (): Promise<string> => (manager ? keys.link(page) : Promise.resolve(page));
  return {
    ...{ page, isEncrypted: manager !== null, canShare: typeof navigator.share === 'function' },
    copy: async () => {
      try {
        await navigator.clipboard.writeText(await link());
        toast(t('invite.copied'));
      } catch {
        toast(t('invite.notCopied'));
      }
    },
    share: async () => {
      try {
        await navigator.share({ url: await link() });
      } catch (error) {
        if (!(error instanceof DOMException && error.name === 'AbortError')) toast(t('invite.notShared'));
      }
    },
  };
}
