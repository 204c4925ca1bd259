// SPDX-License-Identifier: Apache-2.0
import { useTranslation } from 'react-i18next';
import { type Moderation, moderate } from '../../api';
import { useApi } from '../../app/services';
import { errorText } from '../../pages/errors';
import { toast } from '../../ui';
import type { PersonView } from '../call/people';
import { useCall } from '../call/useCall';

/** Asks the server to do something to somebody; what it refuses is told. Resolves with whether it was done. */
export function useModeration(): (act: Moderation, person: PersonView) => Promise<boolean> {
  const api = useApi();
  const { admission } = useCall();
  const { t } = useTranslation();
  return async (act, person) => {
    try {
      await moderate(api, admission.id, act, person.identity);
      return true;
    } catch (error) {
      toast(errorText(t, error));
      return false;
    }
  };
}
