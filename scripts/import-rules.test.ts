import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listFiles } from './fingerprint.js';
import { commandScript, root } from './runtime.js';

interface Cruise {
  modules: { source: string }[];
  summary: { totalCruised: number; violations: { from: string; to: string; rule: { name: string } }[] };
}

async function cruise(folder: string): Promise<Cruise> {
  const script = commandScript('dependency-cruiser', 'depcruise');
  const config = path.join(root, '.dependency-cruiser.cjs');
  const args = [script, '--config', config, '--output-type', 'json', 'src', 'web'];
  // The exit code is the number of violations; the report comes with either.
  const run = promisify(execFile)(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  return JSON.parse(stdout) as Cruise;
}

/** rule → a file that breaks it and what that file imports */
const broken: Record<string, { file: string; content: string; to: string }[]> = {
  'no-circle': [{ file: 'src/security/egg.ts', content: "import './hen.ts';", to: 'src/security/hen.ts' }],
  resolvable: [{ file: 'src/log.ts', content: "import 'nowhere-to-be-found';", to: 'nowhere-to-be-found' }],
  'no-development-package-in-the-server': [
    { file: 'src/security/tool.ts', content: "import 'tool';", to: 'node_modules/tool/index.js' },
  ],
  'not-to-tests': [
    { file: 'src/http/a.ts', content: "import '../testing/personas.ts';", to: 'src/testing/personas.ts' },
    { file: 'web/ui/a.tsx', content: "import './button.test.tsx';", to: 'web/ui/button.test.tsx' },
  ],
  launch: [{ file: 'src/launch.js', content: "import('./composition/index.ts');", to: 'src/composition/index.ts' }],
  process: [
    { file: 'src/main.ts', content: "import './features/users/index.ts';", to: 'src/features/users/index.ts' },
    { file: 'src/cli/users.ts', content: "import '../database/sqlite.ts';", to: 'src/database/sqlite.ts' },
    { file: 'src/cli/limits.ts', content: "import '../http/server.ts';", to: 'src/http/server.ts' },
  ],
  composition: [
    { file: 'src/composition/index.ts', content: "import '../../web/ui/button.tsx';", to: 'web/ui/button.tsx' },
    { file: 'src/composition/index.ts', content: "import '../main.ts';", to: 'src/main.ts' },
  ],
  features: [
    { file: 'src/features/users/config.ts', content: "import '../../config/index.ts';", to: 'src/config/index.ts' },
    { file: 'src/features/users/log.ts', content: "import type { L } from '../../log.ts';", to: 'src/log.ts' },
    { file: 'src/features/users/server.ts', content: "import '../../http/server.ts';", to: 'src/http/server.ts' },
  ],
  'features-by-their-face': [
    {
      file: 'src/features/users/face.ts',
      content: "import type { S } from '../sessions/store.ts';",
      to: 'src/features/sessions/store.ts',
    },
  ],
  'features-by-type-only': [
    {
      file: 'src/features/users/value.ts',
      content: "import { s } from '../sessions/index.ts';",
      to: 'src/features/sessions/index.ts',
    },
  ],
  http: [
    {
      file: 'src/http/feature.ts',
      content: "import type { U } from '../features/users/index.ts';",
      to: 'src/features/users/index.ts',
    },
    { file: 'src/http/database.ts', content: "import '../database/open.ts';", to: 'src/database/open.ts' },
  ],
  contract: [
    { file: 'src/contract/up.ts', content: "import '../http/server.ts';", to: 'src/http/server.ts' },
    { file: 'src/contract/hash.ts', content: "import '../security/jwt.ts';", to: 'src/security/jwt.ts' },
  ],
  'contract-runs-in-a-browser': [
    { file: 'src/contract/express.ts', content: "import 'express';", to: 'node_modules/express/index.js' },
    { file: 'src/security/username.ts', content: "import 'express';", to: 'node_modules/express/index.js' },
    { file: 'src/contract/crypto.ts', content: "import 'node:crypto';", to: 'crypto' },
    { file: 'src/security/email-address.ts', content: "import 'node:dns';", to: 'dns' },
  ],
  security: [{ file: 'src/security/log.ts', content: "import '../log.ts';", to: 'src/log.ts' }],
  database: [
    { file: 'src/database/contract.ts', content: "import '../contract/problem.ts';", to: 'src/contract/problem.ts' },
  ],
  config: [{ file: 'src/config/server.ts', content: "import '../log.ts';", to: 'src/log.ts' }],
  log: [{ file: 'src/log.ts', content: "import './config/index.ts';", to: 'src/config/index.ts' }],
  redis: [{ file: 'src/redis.ts', content: "import './config/index.ts';", to: 'src/config/index.ts' }],
  'web-main': [{ file: 'web/main.tsx', content: "import './ui/button.tsx';", to: 'web/ui/button.tsx' }],
  'web-app': [{ file: 'web/app/app.tsx', content: "import '../../src/security/jwt.ts';", to: 'src/security/jwt.ts' }],
  'web-features': [{ file: 'web/features/auth/a.tsx', content: "import '../../app/app.tsx';", to: 'web/app/app.tsx' }],
  'web-features-not-sideways': [
    { file: 'web/features/auth/b.tsx', content: "import '../admin/users.tsx';", to: 'web/features/admin/users.tsx' },
  ],
  'web-api': [{ file: 'web/api/client.ts', content: "import '../ui/button.tsx';", to: 'web/ui/button.tsx' }],
  'web-forms': [
    { file: 'web/forms/a.tsx', content: "import '../features/admin/users.tsx';", to: 'web/features/admin/users.tsx' },
    { file: 'web/forms/b.tsx', content: "import '../../src/security/jwt.ts';", to: 'src/security/jwt.ts' },
  ],
  'web-ui': [
    { file: 'web/ui/b.tsx', content: "import '#contract/problem.ts';", to: 'src/contract/problem.ts' },
    { file: 'web/ui/c.tsx', content: "import '../texts/english.ts';", to: 'web/texts/english.ts' },
  ],
  'web-texts': [
    { file: 'web/texts/a.ts', content: "import '#contract/problem.ts';", to: 'src/contract/problem.ts' },
    { file: 'web/texts/b.tsx', content: "import '../ui/button.tsx';", to: 'web/ui/button.tsx' },
  ],
  'web-texts-run-anywhere': [
    { file: 'web/texts/english.ts', content: "import 'tool';", to: 'node_modules/tool/index.js' },
  ],
};

/** What the rules above must leave alone. */
const allowed: Record<string, string> = {
  'src/cli/index.ts': "import '../composition/index.ts'; import '../redis.ts'; import '../database/open.ts';",
  'src/config/index.ts': "import { z } from 'zod'; import '../security/jwt.ts';",
  'src/security/jwt.ts': "import 'node:crypto';",
  'src/security/hen.ts': "import type { Egg } from './egg.ts';", // the way back, which makes the circle
  'src/security/password-limits.ts': '',
  'src/contract/problem.ts': '',
  'src/contract/fields.ts':
    "import '../security/username.ts'; import '../security/password-limits.ts'; import 'zod/mini';",
  'src/contract/fields.test.ts': "import 'node:crypto'; import '../http/server.ts'; import 'tool';",
  'src/database/open.ts': "import '../log.ts'; import 'node:fs';",
  'src/database/sqlite.ts': '',
  'src/http/server.ts':
    "import '../log.ts'; import '../security/jwt.ts'; import '#contract/problem.ts'; import 'express';",
  'src/http/route.ts': '',
  'src/features/users/index.ts': "import '../../http/route.ts'; import './store.ts';",
  'src/features/users/store.ts': "import type { S } from '../sessions/index.ts'; import '../../database/open.ts';",
  'src/features/sessions/index.ts': "import './store.ts';",
  'src/features/sessions/store.ts': '',
  'src/testing/personas.ts': "import '../composition/index.ts';",
  'web/main.tsx': "import './app/app.tsx'; import './texts/english.ts';",
  'web/features/admin/users.tsx':
    "import '../../ui/button.tsx'; import '../../api/request.ts'; import '../../forms/field.tsx'; import '../../texts/english.ts';",
  'web/forms/field.tsx':
    "import '../ui/button.tsx'; import '../api/request.ts'; import '../texts/english.ts'; import '../../src/security/password-limits.ts'; import '#contract/fields.ts';",
  'web/api/request.ts': "import '#contract/fields.ts';",
  'web/texts/english.ts': '',
  'web/texts/use-texts.ts': "import 'tool';",
  'web/ui/button.tsx': '',
  'web/ui/button.test.tsx': "import './button.tsx'; import '../app/app.tsx';",
};

const fixture = mkdtempSync(path.join(tmpdir(), 'gatehouse-imports-'));

function write(file: string, content: string): void {
  mkdirSync(path.dirname(path.join(fixture, file)), { recursive: true });
  writeFileSync(path.join(fixture, file), content);
}

function writeFixture(): void {
  const contents = new Map(Object.entries(allowed));
  for (const { file, content } of Object.values(broken).flat()) {
    contents.set(file, `${contents.get(file) ?? 'export {};'}\n${content}\n`);
  }
  for (const [file, content] of contents) write(file, content);
  for (const name of ['zod', 'express', 'tool']) write(`node_modules/${name}/index.js`, '');
  write('node_modules/zod/mini.js', '');
  write('node_modules/zod/package.json', '{"name":"zod","exports":{".":"./index.js","./mini":"./mini.js"}}');
  for (const file of ['package.json', 'tsconfig.json']) write(file, readFileSync(path.join(root, file), 'utf8'));
  const manifest = { dependencies: { zod: '1', express: '1' }, devDependencies: { tool: '1' } };
  write(
    'package.json',
    JSON.stringify({ type: 'module', imports: { '#contract/*': './src/contract/*' }, ...manifest }),
  );
}

afterAll(() => rmSync(fixture, { recursive: true, force: true }));

describe('the import rules find what they forbid', () => {
  let found: { rule: string; from: string; to: string }[];
  beforeAll(async () => {
    writeFixture();
    const { summary } = await cruise(fixture);
    found = summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
  });

  test.each(Object.entries(broken).flatMap(([rule, cases]) => cases.map(({ file, to }) => ({ rule, file, to }))))(
    '$rule: $file → $to',
    ({ rule, file, to }) => {
      expect(found).toContainEqual({ rule, from: file, to });
    },
  );

  test('and nothing that is allowed', () => {
    const wanted = Object.values(broken)
      .flat()
      .map(({ file, to }) => `${file} → ${to}`);
    expect(found.map(({ from, to }) => `${from} → ${to}`).filter((edge) => !wanted.includes(edge))).toEqual([]);
  });

  test('each rule of the configuration is broken once here', async () => {
    const { default: config } = (await import(path.join(root, '.dependency-cruiser.cjs'))) as {
      default: { forbidden: { name: string }[] };
    };
    expect(config.forbidden.map(({ name }) => name).sort()).toEqual(Object.keys(broken).sort());
  });
});

describe('the project keeps the import rules', () => {
  let report: Cruise;
  beforeAll(async () => {
    report = await cruise(root);
  });

  test('no import breaks them', () => {
    expect(report.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
  });

  // Guards against a green report about nothing: with another `typescript` no .ts file is read.
  test('every TypeScript file was read', () => {
    const read = new Set(report.modules.map(({ source }) => source));
    const sources = ['src', 'web'].flatMap((folder) => listFiles(root, folder)).filter((file) => /\.tsx?$/.test(file));
    expect(report.summary.totalCruised).toBeGreaterThan(0);
    expect(sources.filter((file) => !file.endsWith('.d.ts') && !read.has(file))).toEqual([]);
  });
});

describe('only the process reads the process and the clock', () => {
  const forbidden = /\bprocess\.(env|argv|exit)\b|\bDate\.now\(|\bnew Date\(\)/;
  const asDefault = /=\s*(\(\)\s*=>\s*)?Date\.now\b/; // a clock given as default argument is how a test gives another
  const exempt = /^src\/(main\.ts|cli\/.+|launch\.js)$/;

  test('no other file of src does', () => {
    const offences = listFiles(root, 'src')
      .filter((file) => /\.[jt]s$/.test(file) && !exempt.test(file))
      .flatMap((file) => offencesIn(file));
    expect(offences).toEqual([]);
  });

  function offencesIn(file: string): string[] {
    const lines = readFileSync(path.join(root, file), 'utf8').split('\n');
    const isRoot = file.startsWith('src/composition/');
    return lines
      .map((line, index) => ({ line: line.replace(/^\s*(\/\/|\*|\/\*).*$/, ''), at: `${file}:${index + 1}` }))
      .filter(({ line }) => forbidden.test(line) && !(isRoot && asDefault.test(line)))
      .map(({ line, at }) => `${at} ${line.trim()}`);
  }
});
