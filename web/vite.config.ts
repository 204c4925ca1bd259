// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    target: 'es2022',
    // Nothing is inlined: the pages' policy allows scripts and styles from files of ours only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { test: 'test.html' } },
  },
  worker: { format: 'es' },
});
