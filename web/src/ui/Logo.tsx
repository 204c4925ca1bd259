// SPDX-License-Identifier: Apache-2.0
import { Link } from 'wouter';
import css from './Logo.module.css';

export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg viewBox="0 0 24 24" width={size} height={size} aria-hidden>
      <path className={css.house} d="M12 1 4 7v16h16V7z" />
      <path className={css.hole} d="M12 9.2a2.6 2.6 0 0 0-1.3 4.85L10 18.5h4l-.7-4.45A2.6 2.6 0 0 0 12 9.2z" />
    </svg>
  );
}

export function Logo() {
  return (
    <Link href="/" className={css.logo}>
      <Mark />
      bedrud
    </Link>
  );
}
