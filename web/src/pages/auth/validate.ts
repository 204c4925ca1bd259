// SPDX-License-Identifier: Apache-2.0
// What the server would say of these fields, said before it is asked.
import type { TFunction } from 'i18next';

const PASSWORD = { least: 12, most: 128 };

/** Bytes, as the server counts. */
const sizeOf = (text: string): number => new TextEncoder().encode(text).length;

export function checkEmail(t: TFunction, email: string): string | null {
  if (!email.trim()) return t('auth.emailMissing');
  return /^[^\s@,;()[\]\\]+@[^\s@,;()[\]\\]+$/.test(email.trim()) ? null : t('auth.emailWrong');
}

export function checkNewPassword(t: TFunction, password: string): string | null {
  const size = sizeOf(password);
  if (size < PASSWORD.least) return t('auth.passwordShort', { count: [...password].length });
  return size > PASSWORD.most ? t('auth.passwordLong') : null;
}

export const checkPassword = (t: TFunction, password: string): string | null =>
  password ? null : t('auth.passwordMissing');

export const checkName = (t: TFunction, name: string): string | null =>
  [...name.trim()].length >= 2 ? null : t('auth.nameMissing');

/** Where to go after signing in: a place of ours, or the rooms. */
export function nextPlace(search: string): string {
  const next = new URLSearchParams(search).get('next') ?? '';
  return /^\/(?![/\\])[\w\-/]*$/.test(next) ? next : '/dashboard';
}
