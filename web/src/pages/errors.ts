// SPDX-License-Identifier: Apache-2.0
// What is said of an error.
import type { TFunction } from 'i18next';
import { codeOf } from '../api';
import words from '../words/en/app.json';

type Code = keyof typeof words.errors;

const isCode = (code: string): code is Code => code in words.errors;

export function errorText(t: TFunction, error: unknown): string {
  const code = codeOf(error);
  return t(`errors.${isCode(code) ? code : 'unexpected'}`);
}
