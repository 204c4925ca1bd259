// SPDX-License-Identifier: Apache-2.0
// Days as people say them: today, yesterday, Tuesday, 12 November.

const DAY_MS = 24 * 60 * 60 * 1000;

const midnight = (date: Date): number => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

const upper = (text: string, language: string): string => text.charAt(0).toLocaleUpperCase(language) + text.slice(1);

/** '' for a time that is not known. */
export function dayText(time: string | null | undefined, language: string, now = new Date()): string {
  const date = new Date(time ?? NaN);
  if (Number.isNaN(date.getTime())) return '';
  const days = Math.round((midnight(now) - midnight(date)) / DAY_MS);
  if (days === 0 || days === 1) {
    return upper(new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(-days, 'day'), language);
  }
  if (days > 1 && days < 7) return new Intl.DateTimeFormat(language, { weekday: 'long' }).format(date);
  const isThisYear = date.getFullYear() === now.getFullYear();
  const parts: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'long', ...(!isThisYear && { year: 'numeric' }) };
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, parts).format(date);
}

export function timeText(time: string | null | undefined, language: string): string {
  const date = new Date(time ?? NaN);
  if (Number.isNaN(date.getTime())) return '';
  return new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' }).format(date);
}
