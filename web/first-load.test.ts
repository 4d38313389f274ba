import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { pages } from '#contract/pages.ts';
import { needBuiltPages } from './testing/built-pages.ts';

interface Chunk {
  file: string;
  imports?: string[];
  isEntry?: boolean;
}

const dist = needBuiltPages();
const manifestFile = path.join(dist, '.vite', 'manifest.json');

const BUDGET_KIB = 160;

/** A page that somebody opens first, and the parts that are loaded for it. */
const partsOf = {
  [pages.signIn]: ['features/auth/sign-in-page.tsx'],
  [pages.signUp]: ['features/auth/sign-up-page.tsx'],
  [pages.setup]: ['features/setup/setup-page.tsx'],
  [pages.account]: ['app/layout.tsx', 'features/account/account-page.tsx'],
  [pages.password]: ['app/layout.tsx', 'features/account/password-page.tsx'],
};

function readManifest(): Record<string, Chunk> {
  return JSON.parse(readFileSync(manifestFile, 'utf8')) as Record<string, Chunk>;
}

/** Every file that the browser runs before the page is whole. */
function scriptsOf(manifest: Record<string, Chunk>, parts: readonly string[]): Set<string> {
  const files = new Set<string>();
  const add = (name: string): void => {
    const chunk = manifest[name];
    if (chunk === undefined) throw new Error(`the build has no ${name}`);
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const imported of chunk.imports ?? []) add(imported);
  };
  const entry = Object.keys(manifest).find((name) => manifest[name]?.isEntry);
  for (const part of [entry ?? 'index.html', ...parts]) add(part);
  return files;
}

const read = (file: string): Buffer => readFileSync(path.join(dist, file));

describe('the first load', () => {
  it.each(Object.entries(partsOf))(`%s needs at most ${BUDGET_KIB} KiB of JavaScript, gzipped`, (page, parts) => {
    const files = scriptsOf(readManifest(), parts);
    const kib = [...files].reduce((sum, file) => sum + read(`${file}.gz`).byteLength, 0) / 1024;
    console.info(`${page}: ${kib.toFixed(1)} KiB in ${files.size} files`);
    expect(kib).toBeLessThanOrEqual(BUDGET_KIB);
  });

  it('has compressed copies that say the same', () => {
    for (const { file } of Object.values(readManifest()).filter(({ file }) => /\.(js|css)$/.test(file)))
      expect(gunzipSync(read(`${file}.gz`)).equals(read(file)), file).toBe(true);
  });

  it('has no schema and no library for schemas in it', () => {
    const scripts = Object.values(readManifest()).filter(({ file }) => file.endsWith('.js'));
    for (const { file } of scripts) expect(read(file).toString(), file).not.toMatch(/\bzod\b|ZodError|\$ZodType/);
  });

  it('loads the words of a passphrase only when one is proposed', () => {
    const manifest = readManifest();
    const words = Object.entries(manifest).find(([name]) => name.includes('diceware'))?.[1].file;
    expect(words).toBeDefined();
    for (const parts of Object.values(partsOf)) expect(scriptsOf(manifest, parts)).not.toContain(words);
  });
});
