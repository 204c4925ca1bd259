// SPDX-License-Identifier: Apache-2.0
// Languages. English comes with the page; another one, and the words of the meeting, come when they are needed.
import i18n from 'i18next';
import { initReactI18next } from 'react-i18next';
import app from '../words/en/app.json';
import emoji from '../words/en/emoji.json';

/** Each in its own words. */
export const LANGUAGES = { en: 'English', fa: 'فارسی' } as const;
export type Language = keyof typeof LANGUAGES;

const RIGHT_TO_LEFT: readonly string[] = ['fa', 'ar', 'he', 'ur'];
const NAME = 'bedrud-language';

const files = import.meta.glob<{ default: object }>(['../words/*/*.json', '!../words/en/{app,emoji}.json']);

const backend = {
  type: 'backend' as const,
  init: () => undefined,
  read: (language: string, words: string, done: (error: unknown, data: object | null) => void) => {
    const load = files[`../words/${language}/${words}.json`];
    if (load)
      load().then(
        (file) => done(null, file.default),
        (error: unknown) => done(error, null),
      );
    else done(null, {});
  },
};

const isLanguage = (text: string | null): text is Language => text !== null && text in LANGUAGES;

function firstLanguage(): Language {
  const kept = localStorage.getItem(NAME);
  const wanted = [kept, ...navigator.languages.map((one) => one.split('-')[0] ?? '')];
  return wanted.find(isLanguage) ?? 'en';
}

function mark(language: string): void {
  document.documentElement.lang = language;
  document.documentElement.dir = RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr';
}

export async function startWords(): Promise<void> {
  i18n.on('languageChanged', mark);
  await i18n
    .use(backend)
    .use(initReactI18next)
    .init({
      ...{ lng: firstLanguage(), fallbackLng: 'en', supportedLngs: Object.keys(LANGUAGES) },
      ...{ ns: ['app'], defaultNS: 'app', resources: { en: { app, emoji } }, partialBundledLanguages: true },
      interpolation: { escapeValue: false }, // React does
    });
}

export async function setLanguage(language: Language): Promise<void> {
  localStorage.setItem(NAME, language);
  await i18n.changeLanguage(language);
}
