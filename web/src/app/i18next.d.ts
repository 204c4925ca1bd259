// SPDX-License-Identifier: Apache-2.0
import 'i18next';
import type app from '../words/en/app.json';
import type e2ee from '../words/en/e2ee.json';
import type emoji from '../words/en/emoji.json';
import type meeting from '../words/en/meeting.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'app';
    resources: { app: typeof app; e2ee: typeof e2ee; emoji: typeof emoji; meeting: typeof meeting };
  }
}
