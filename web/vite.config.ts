// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vite';
import { integrity } from './build/integrity.ts';

export default defineConfig({
  plugins: [integrity()],
  build: {
    target: 'es2022',
    // Nothing is inlined: the pages' policy allows scripts and styles from files of ours only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { test: 'test.html' } },
  },
  worker: { format: 'es' },
});
