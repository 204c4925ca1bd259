// SPDX-License-Identifier: Apache-2.0
// Subresource integrity: a page names the digest of each script and style that it can load, so that whatever stands
// between it and the server can change none of them. What tags load carries its digest itself; what scripts import, now
// or later, has it from an import map, which is the page's one inline script: the server's policy names it by its own
// digest. Workers cannot have one: the policy holds them to files of this server.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const digest = (folder: string, file: string): string =>
  `sha384-${createHash('sha384').update(readFileSync(join(folder, file))).digest('base64')}`;

/** Of scripts and styles: browsers look at no others. */
function withDigests(html: string, folder: string): string {
  return html.replace(/<(?:script|link)\b[^>]*?\b(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"/g, (tag, file: string) =>
    tag.includes('integrity=') ? tag : `${tag} integrity="${digest(folder, file)}"`,
  );
}

/** Before the first script: a map that comes later is not looked at by every browser. */
function withMap(html: string, folder: string, scripts: string[]): string {
  const map = { integrity: Object.fromEntries(scripts.map((file) => [`/${file}`, digest(folder, file)])) };
  const first = html.search(/^ *<script\b/m);
  if (first < 0) throw new Error('a page without a script');
  return `${html.slice(0, first)}    <script type="importmap">${JSON.stringify(map)}</script>\n${html.slice(first)}`;
}

export function integrity(): Plugin {
  return {
    name: 'integrity',
    apply: 'build',
    enforce: 'post',
    writeBundle({ dir = 'dist' }, bundle) {
      const scripts = Object.values(bundle).filter((item) => item.type === 'chunk').map((item) => item.fileName);
      for (const page of Object.keys(bundle).filter((name) => name.endsWith('.html'))) {
        const path = join(dir, page);
        const html = withDigests(readFileSync(path, 'utf8'), dir);
        writeFileSync(path, withMap(html, dir, scripts.sort()));
      }
    },
  };
}
