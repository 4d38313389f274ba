// deploy.ps1 beside deploy.sh where nothing can run it: it can be parsed, and has the same steps, options, exit codes,
// messages and calls of docker. Where there is `pwsh`, deploy.test.ts and deploy-refusals.test.ts run it, too.
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Language, Parser, type Node } from 'web-tree-sitter';
import { root } from './runtime.js';
import { makeServer, scripts } from './test-deploy.ts';

const require = createRequire(import.meta.url);
const read = (file: string) => readFileSync(path.join(root, file), 'utf8').replaceAll('\r\n', '\n');
const parts = readdirSync(path.join(root, 'deploy'))
  .filter((name) => name.endsWith('.sh'))
  .map((name) => `deploy/${path.basename(name, '.sh')}`);
const all = ['deploy', ...parts];

let parser: Parser;

beforeAll(async () => {
  await Parser.init();
  const file = require.resolve('tree-sitter-powershell/tree-sitter-powershell.wasm');
  parser = new Parser().setLanguage(await Language.load(file));
});

function parse(text: string): Node {
  const tree = parser.parse(text);
  if (!tree) throw new Error('not parsed');
  return tree.rootNode;
}

function faultsOf(node: Node): string[] {
  if (node.isError || node.isMissing) return [`line ${node.startPosition.row + 1}: ${node.text.slice(0, 60)}`];
  return node.hasError ? node.children.flatMap((child) => (child ? faultsOf(child) : [])) : [];
}

const unique = (words: Iterable<string>) => [...new Set(words)].sort();
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? '');

/** Without comments and with every line that goes on in the next one as one line. */
const lines = (text: string, goesOn: RegExp) =>
  text
    .replace(goesOn, ' ')
    .split('\n')
    .filter((line) => !/^\s*#/.test(line));
const shellLines = (text: string) => lines(text, /\\\n\s*/g);
const powerShellLines = (text: string) => lines(text, /`\n\s*/g);

/** Every variable, call and condition in a text as one sign. Works from the inside out, as they stand in each other. */
function withoutValues(text: string): string {
  let before = '';
  let after = text;
  while (after !== before) {
    before = after;
    after = after.replace(
      /\$[*@]|\$\([^()]*\)|(?<!\$)\([^()$]*(?<=\(Get-[^()]*)\)|\$\{[^{}]*\}|\$[A-Za-z_]\w*|\$\d/g,
      '‹›',
    );
  }
  return after;
}

/** What people read: texts of three words or more. */
function messages(source: string[]): string[] {
  const texts = source.flatMap((line) =>
    [...withoutValues(line).matchAll(/"((?:[^"\\]|\\.|"")*)"|'([^']*)'/g)].map((match) => match[1] ?? match[2] ?? ''),
  );
  return unique(
    texts
      .map((text) => text.replaceAll(/\\"|""/g, '"').replace(/^(\\n)?(would run|deploy): /, ''))
      .map((text) => text.replaceAll(/‹›/g, '…').trim())
      .filter((text) => /[A-Za-z]{2,}[ ,:]+(… )?[A-Za-z]{2,}.* .*[a-z]/.test(text))
      .filter((text) => !/--|^s\/|gatehouse_server|UserRead/.test(text)),
  );
}

/** Calls of docker as the words that stand in them as they are, without values; the kind of container call comes first. */
const call = (words: string[]) =>
  words
    .filter((word) => !/^(act|quietly|silently|next|docker)$/.test(word))
    .map((word) => (word === 'in_proxy' ? 'compose exec -T proxy' : word))
    .join(' ');

function shellCalls(source: string[]): string[] {
  return source
    .filter((line) => !/^(compose|inspect|in_proxy|quietly)\(\)|^  docker compose --env-file/.test(line))
    .map((line) => line.replaceAll(/'[^']*'|"[^"]*"/g, (text) => (text.includes('$(') ? text : ' § ')))
    .flatMap((line) => line.split(/\$\(|\|\||&&|[;|){}]|[12]?>/))
    .map((command) => command.trim().split(/\s+/))
    .map((words) =>
      words.slice(
        Math.max(
          0,
          words.findIndex((word) => !/^(if|then|!|\[\[|\w+=.*)$/.test(word)),
        ),
      ),
    )
    .filter(([word = '']) => /^(act|docker|compose|in_proxy)$/.test(word))
    .map((words) => call(words.filter((word) => /^(-|[a-z/])[^$]*$/.test(word))))
    .filter((text) => !text.startsWith('ln '));
}

function powerShellCalls(node: Node): string[] {
  const inside = node.children.flatMap((child) => (child ? powerShellCalls(child) : []));
  if (node.type !== 'command') return inside;
  const name = node.namedChildren[0]?.text ?? '';
  if (!/^((Invoke|Assert)-Change|(Invoke|Test|Read|Find)-Docker(Quietly|All)?|Get-ComposeCall)$/.test(name))
    return inside;
  const words = (node.namedChildren[1]?.children ?? [])
    .filter((element) => element?.type === 'generic_token' || element?.type === 'command_parameter')
    .map((element) => element?.text ?? '');
  if (words[0] === 'inspect' || words.length === 0) return inside;
  return [call(name === 'Get-ComposeCall' ? ['compose', ...words] : words), ...inside];
}

const title = (name: string) => name.replaceAll('_', ' ');

describe('deploy.ps1', () => {
  it.each(all)('DP-10 %s.ps1 can be parsed', (name) => {
    expect(faultsOf(parse(read(`${name}.ps1`)))).toEqual([]);
    expect(faultsOf(parse(read(`${name}.ps1`).replaceAll('\n', '\r\n')))).toEqual([]);
  });

  it('DP-10 a script that cannot be parsed is found', () => {
    expect(faultsOf(parse('function Get-It {\n  if ($a -eq 1) { return \n}\n'))).not.toEqual([]);
    expect(faultsOf(parse(read('deploy.ps1').replace('{', '')))).not.toEqual([]);
  });

  it('DP-10 has every part that deploy.sh has, and reads it in in the same order', () => {
    const shell = matches(read('deploy.sh'), /^\. deploy\/(\w+)\.sh$/gm);
    expect(shell.map((name) => `deploy/${name}`).sort()).toEqual([...parts].sort());
    expect(matches(read('deploy.ps1'), /^\. "\$PSScriptRoot\/deploy\/(\w+)\.ps1"$/gm)).toEqual(shell);
  });

  it.each([
    ['DEPLOY_STEPS', 'deploySteps'],
    ['ROLLBACK_STEPS', 'rollbackSteps'],
  ])('DP-10 has the steps of %s in the same order, each a function', (inShell, inPowerShell) => {
    const shell = new RegExp(`${inShell}=\\(([^)]*)\\)`).exec(read('deploy.sh'))?.[1]?.trim().split(/\s+/) ?? [];
    const list = new RegExp(`\\$${inPowerShell} = @\\(([^)]*)\\)`).exec(read('deploy.ps1'))?.[1] ?? '';
    expect(shell.length).toBeGreaterThan(10);
    expect(matches(list, /'(\w+)'/g).map(title)).toEqual(shell.map(title));
    const functions = all.flatMap((name) => matches(read(`${name}.ps1`), /^function (\w+)/gm));
    for (const step of shell) expect(functions).toContain(step);
  });

  it('DP-10 takes the same options, says the same about them, and ends with the same codes', () => {
    const options = (text: string) => unique(text.match(/--(dry-run|rollback|status|force|yes|help)\b/g) ?? []);
    const body = (text: string, begin: string) => text.slice(text.indexOf(begin));
    expect(options(body(read('deploy.ps1'), 'function Read-Options'))).toEqual(
      options(body(read('deploy.sh'), 'read_options()')),
    );
    const usage = (file: string) => read(file).split('\n').slice(2, 12).join('\n');
    expect(usage('deploy.ps1').replaceAll('.\\deploy.ps1 ', './deploy.sh ')).toBe(usage('deploy.sh'));
    const codes = (text: string, pattern: RegExp) => matches(text, pattern);
    expect(codes(read('deploy.ps1'), /^\$exit(?:Usage|Locked|Config) = (\d+)$/gm)).toEqual(
      codes(read('deploy.sh'), /EXIT_(?:USAGE|LOCKED|CONFIG)=(\d+)/g),
    );
  });

  it('DP-10 says what deploy.sh says', () => {
    const shell = messages(all.flatMap((name) => shellLines(read(`${name}.sh`))));
    const powerShell = messages(all.flatMap((name) => powerShellLines(read(`${name}.ps1`))));
    expect(shell.length).toBeGreaterThan(40);
    expect(shell.filter((text) => !powerShell.includes(text))).toEqual([
      // .NET has locks of its own.
      'flock is not installed (package util-linux): two deploys at once could not be told apart.',
    ]);
    expect(powerShell.filter((text) => !shell.includes(text))).toEqual([
      // Only Windows keeps people from making links.
      '# A copy made by deploy.ps1; links are not allowed here.',
      '.env is a copy of …, as this user may make no link: each deploy makes it anew',
      // Where `set -e` ends deploy.sh.
      'docker failed (see above).',
    ]);
  });

  it.each(all)('DP-10 %s: calls docker as deploy.sh does, in the same order', (name) => {
    const shell = shellCalls(shellLines(read(`${name}.sh`)));
    expect(powerShellCalls(parse(read(`${name}.ps1`)))).toEqual(shell);
    if (name === 'deploy/roll') expect(shell.length).toBeGreaterThan(12);
  });

  // Everything, also what only looks, and what both say. Where one of them cannot run, "Real parts used" says so.
  if (scripts.length > 1)
    it('DP-10 makes the very calls that deploy.sh makes', { timeout: 120_000 }, async () => {
      const [shell, powerShell] = await Promise.all(
        scripts.map(async (script) => {
          const server = makeServer(script);
          try {
            server.configure();
            const first = await server.run(['production']);
            const again = await server.run(['production']);
            server.tell('version', '1.1.0\n');
            const planned = await server.run(['production', '--dry-run']);
            const next = await server.run(['production', '--yes']);
            const back = await server.run(['production', '--rollback']);
            const status = await server.run(['production', '--status']);
            return [first, again, planned, next, back, status].map(({ output, ...run }) => ({
              ...run,
              output: output.replaceAll(/\d{4}-\d\d-\d\dT[\d-]+Z\.dump( \(.*\))?/g, 'backup'),
            }));
          } finally {
            server.remove();
          }
        }),
      );
      expect(powerShell).toEqual(shell);
    });
});
