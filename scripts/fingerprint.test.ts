import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildFingerprint, installFingerprint, isInstalledByHand, readStamp, writeStamp } from './fingerprint.js';

let base: string;

function write(file: string, content: string): void {
  mkdirSync(path.dirname(path.join(base, file)), { recursive: true });
  writeFileSync(path.join(base, file), content);
}

beforeEach(() => {
  base = mkdtempSync(path.join(tmpdir(), 'gatehouse-fingerprint-'));
  write('package.json', JSON.stringify({ version: '1.0.0', scripts: { a: 'b' }, dependencies: { express: '5' } }));
  write('package-lock.json', '{}');
  write('web/main.tsx', 'main');
  write('src/contract/users.ts', 'auth');
  write('src/main.ts', 'server');
});

afterEach(() => rmSync(base, { recursive: true, force: true }));

describe('what is installed', () => {
  test.each([
    ['another script', { version: '1.0.0', scripts: { a: 'c' }, dependencies: { express: '5' } }],
    ['another version', { version: '2.0.0', scripts: { a: 'b' }, dependencies: { express: '5' } }],
  ])('does not change with %s', (_, manifest) => {
    const before = installFingerprint(base);
    write('package.json', JSON.stringify(manifest));
    expect(installFingerprint(base)).toBe(before);
  });

  test.each([
    ['dependencies', { dependencies: { express: '6' } }],
    ['devDependencies', { dependencies: { express: '5' }, devDependencies: { vite: '8' } }],
    ['overrides', { dependencies: { express: '5' }, overrides: { qs: '7' } }],
    ['allowScripts', { dependencies: { express: '5' }, allowScripts: { node: true } }],
  ])('changes with other %s', (_, manifest) => {
    const before = installFingerprint(base);
    write('package.json', JSON.stringify(manifest));
    expect(installFingerprint(base)).not.toBe(before);
  });

  test('changes with the lock file', () => {
    const before = installFingerprint(base);
    write('package-lock.json', '{"lockfileVersion":3}');
    expect(installFingerprint(base)).not.toBe(before);
  });
});

describe('what is built', () => {
  test.each([
    'web/main.tsx',
    'web/ui/new.css',
    'src/contract/users.ts',
    'src/security/username.ts',
    'package-lock.json',
  ])('changes with %s', (file) => {
    const before = buildFingerprint(base);
    write(file, 'changed');
    expect(buildFingerprint(base)).not.toBe(before);
  });

  test.each(['src/main.ts', 'web/dist/index.html', 'web/main.test.tsx', 'web/testing/render.tsx', 'README.md'])(
    'does not change with %s',
    (file) => {
      const before = buildFingerprint(base);
      write(file, 'changed');
      expect(buildFingerprint(base)).toBe(before);
    },
  );

  test('changes when a file moves', () => {
    const before = buildFingerprint(base);
    rmSync(path.join(base, 'web/main.tsx'));
    write('web/other.tsx', 'main');
    expect(buildFingerprint(base)).not.toBe(before);
  });
});

describe('a stamp', () => {
  test('is read as it was written', () => {
    writeStamp(path.join(base, 'deep/down/.stamp'), 'abc');
    expect(readStamp(path.join(base, 'deep/down/.stamp'))).toBe('abc');
  });

  test('is nothing before', () => {
    expect(readStamp(path.join(base, '.stamp'))).toBeUndefined();
  });
});

describe('an installation by hand', () => {
  const lock = {
    packages: {
      '': { name: 'x' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/win-only': { version: '1.0.0', optional: true },
    },
  };
  const present = (packages: object) => write('node_modules/.package-lock.json', JSON.stringify({ packages }));

  beforeEach(() => write('package-lock.json', JSON.stringify(lock)));

  test('counts when each package is there in its version', () => {
    present({ 'node_modules/a': { version: '1.0.0' } });
    expect(isInstalledByHand(base)).toBe(true);
  });

  test.each([
    ['another version', { 'node_modules/a': { version: '0.9.0' } }],
    ['a missing package', { 'node_modules/win-only': { version: '1.0.0' } }],
    [
      'another version of an optional one',
      { 'node_modules/a': { version: '1.0.0' }, 'node_modules/win-only': { version: '2.0.0' } },
    ],
  ])('does not count with %s', (_, packages) => {
    present(packages);
    expect(isInstalledByHand(base)).toBe(false);
  });

  test('does not count without node_modules', () => {
    expect(isInstalledByHand(base)).toBe(false);
  });
});
