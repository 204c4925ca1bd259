// SPDX-License-Identifier: Apache-2.0
// Why one is not inside: refused, or no longer.
import { DoorClosed, DoorOpen } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ApiError } from '../../api';
import type { Ending } from '../../meeting/handoff';
import { Button, ButtonLink, StatePage } from '../../ui';
import { errorText } from '../errors';
import { roomTitle } from '../../ui';

interface EndPageProps {
  name: string;
  ending?: Ending;
  refused?: string;
  onBack: () => void;
}

export function EndPage({ name, ending, refused, onBack }: EndPageProps) {
  const { t } = useTranslation();
  const isOwn = ending?.kind === 'left';
  const error = refused ? new ApiError(refused, 0, '') : ending?.kind === 'stopped' ? ending.error : null;
  return (
    <StatePage
      icon={isOwn ? DoorOpen : DoorClosed}
      title={isOwn ? t('end.leftTitle') : roomTitle(name)}
      text={error ? errorText(t, error) : isOwn ? t('end.left', { room: roomTitle(name) }) : t('end.over')}
    >
      <Button look="primary" onClick={onBack}>
        {isOwn ? t('end.rejoin') : t('end.again')}
      </Button>
      <ButtonLink href="/">{t('nav.home')}</ButtonLink>
    </StatePage>
  );
}
