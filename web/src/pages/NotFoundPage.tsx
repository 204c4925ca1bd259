// SPDX-License-Identifier: Apache-2.0
import { Compass } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { ButtonLink, StatePage } from '../ui';

export function NotFoundPage() {
  const { t } = useTranslation();
  return (
    <StatePage icon={Compass} title={t('notFound.title')} text={t('notFound.text')}>
      <ButtonLink href="/" look="primary">
        {t('nav.home')}
      </ButtonLink>
    </StatePage>
  );
}
