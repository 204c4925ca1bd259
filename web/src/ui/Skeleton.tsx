// SPDX-License-Identifier: Apache-2.0
// The place of something that is on its way, in its final size. Seen only if it takes longer than a blink.
import { useTranslation } from 'react-i18next';
import css from './Skeleton.module.css';

interface SkeletonProps {
  /** How many, one after another. */
  count?: number;
  /** The box of one; a class of the page that knows its size. */
  className?: string;
}

export function Skeletons({ count = 1, className }: SkeletonProps) {
  const { t } = useTranslation();
  return (
    <>
      <span className="said" role="status">
        {t('state.loading')}
      </span>
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className={`${css.skeleton} ${className ?? ''}`} aria-hidden />
      ))}
    </>
  );
}
