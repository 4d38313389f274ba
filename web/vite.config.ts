// Builds the pages. Everything is served from our own origin, by name and hash, so that the policy can be strict.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';
import { addressesOf } from '../src/contract/address.ts';
import { endpoints } from '../src/contract/index.ts';
import { languages } from './texts/languages.ts';
import { openTexts } from './texts/open-texts.ts';

const server = 'http://localhost:3000';

/** In place of web/api/endpoints.ts: where each call goes, without the schemas and the library that they are written in. */
export function endpointAddresses(): Plugin {
  const addresses = addressesOf(endpoints);
  return {
    name: 'gatehouse:endpoint-addresses',
    enforce: 'pre',
    load: (id) =>
      id.split('?')[0]?.endsWith('/web/api/endpoints.ts')
        ? { code: `export const addresses = ${JSON.stringify(addresses)};`, map: null }
        : undefined,
  };
}

/** The one font that every page shows begins to load with the page, not after the styles. */
function preloadFont(): Plugin {
  return {
    name: 'gatehouse:preload-font',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle }) => {
        const font = Object.keys(bundle ?? {}).find((file) => /inter-latin-wght-normal-[^/]+\.woff2$/.test(file));
        if (font === undefined) return [];
        const attrs = { rel: 'preload', as: 'font', type: 'font/woff2', href: `/${font}`, crossorigin: '' };
        return [{ tag: 'link', attrs, injectTo: 'head' }];
      },
    },
  };
}

/** Without a script nobody knows which language is wanted: each says it. */
function noScriptTexts(): Plugin {
  const mark = '<!-- frame.noScript of every language -->';
  return {
    name: 'gatehouse:no-script-texts',
    transformIndexHtml: {
      order: 'pre',
      handler: async (html) => {
        if (!html.includes(mark)) throw new Error(`index.html lacks ${mark}`);
        const opened = await Promise.all(languages.map(({ tag }) => openTexts([tag])));
        const said = opened.map(
          ({ language: { tag, direction }, texts }) =>
            `<p lang="${tag}" dir="${direction}">${texts.frame.noScript}</p>`,
        );
        return html.replace(mark, said.join(''));
      },
    },
  };
}

const compress = promisify(gzip);

/** `.gz` beside each asset. Not for index.html: a nonce is put into it for each answer. */
function compressedCopies(): Plugin {
  return {
    name: 'gatehouse:compressed-copies',
    // After everything is written: until then Vite still changes what its chunks say.
    async writeBundle({ dir = '' }, bundle) {
      const files = Object.keys(bundle).filter((file) => /^assets\/.+\.(js|css|svg)$/.test(file));
      await Promise.all(
        files.map(async (file) => {
          const source = await readFile(path.join(dir, file));
          await writeFile(path.join(dir, `${file}.gz`), await compress(source, { level: 9 }));
        }),
      );
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [endpointAddresses(), react(), noScriptTexts(), preloadFont(), compressedCopies()],
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    outDir: 'dist',
    assetsInlineLimit: 0,
    manifest: true,
    sourcemap: process.env['SOURCE_MAPS'] === 'hidden' ? 'hidden' : false,
    reportCompressedSize: false,
  },
  // Not the folder web/api, which Vite itself serves to a page in development.
  server: { port: 5173, strictPort: true, proxy: { '^/api/(?!.+\\.tsx?(?:\\?|$))': server, '/.well-known': server } },
});
