// SPDX-License-Identifier: Apache-2.0
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { integrity } from './build/integrity.ts';

/** `npm run dev` shows the pages from their sources; a server that runs beside it answers for the rest. */
const server = process.env.BEDRUD_URL ?? 'http://127.0.0.1:8090';

/** The addresses of the app are the app's page, as they are on the server. */
const isAppPath = (url = ''): boolean => /^\/(?:m|c|auth|dashboard|e2ee|account)(?:[/?]|$)/.test(url);

export default defineConfig({
  plugins: [
    react(),
    integrity(),
    {
      name: 'app-paths',
      configureServer: ({ middlewares }) => {
        middlewares.use((request, _response, next) => {
          if (isAppPath(request.url)) request.url = '/';
          next();
        });
      },
    },
  ],
  server: {
    host: '127.0.0.1',
    proxy: { '/api': server, '/livekit': { target: server, ws: true }, '/uploads': server },
  },
  build: {
    target: 'es2022',
    // Nothing is inlined: the pages' policy allows scripts and styles from files of ours only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { app: 'index.html', test: 'test.html' } },
  },
  worker: { format: 'es' },
});
