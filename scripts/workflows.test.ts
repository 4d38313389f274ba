import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readJson } from './fingerprint.js';
import { root } from './runtime.js';

interface Step {
  uses?: string;
  run?: string;
  env?: Record<string, string>;
  with?: Record<string, unknown>;
}

interface Job {
  uses?: string;
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
  environment?: { name: string };
  concurrency?: { group: string; 'cancel-in-progress': boolean };
  steps?: Step[];
}

interface Workflow {
  name: string;
  on: Record<string, { workflows?: string[] } | null>;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const names = readdirSync(path.join(root, '.github'), { recursive: true, encoding: 'utf8' });
const files = names.filter((name) => name.endsWith('.yml')).map((name) => path.posix.join('.github', name));
const workflows = files.filter((file) => file.startsWith('.github/workflows/'));
const actions = files.filter((file) => file.endsWith('/action.yml'));

const jobs = workflows.flatMap((file) => {
  const { jobs } = parse(read(file)) as Workflow;
  return Object.entries(jobs).map(([name, job]) => ({ file, name, job }));
});
const steps = [
  ...jobs.flatMap(({ file, name, job }) => (job.steps ?? []).map((step) => ({ where: `${file} ${name}`, step }))),
  ...actions.flatMap((file) =>
    (parse(read(file)) as { runs: { steps: Step[] } }).runs.steps.map((step) => ({ where: file, step })),
  ),
];
const runs = steps.flatMap(({ where, step }) => (step.run === undefined ? [] : [{ where, run: step.run }]));

it('SC-01 everything under .github can be read, and there is something to look at', () => {
  for (const file of files) expect(() => parse(read(file)) as unknown, file).not.toThrow();
  expect(workflows).toEqual(expect.arrayContaining(['ci', 'deploy', 'security'].map(workflowFile)));
  expect(jobs.length).toBeGreaterThan(10);
  expect(runs.length).toBeGreaterThan(15);
});

function workflowFile(name: string) {
  return `.github/workflows/${name}.yml`;
}

it('SC-01 every action of others is pinned by commit, the same everywhere, and says its release', () => {
  const pins = new Map<string, Set<string>>();
  for (const file of [...workflows, ...actions]) {
    for (const [, uses = '', rest = ''] of read(file).matchAll(/^\s*(?:- )?uses:\s*(\S+)(.*)$/gm)) {
      if (uses.startsWith('./')) {
        const folder = path.join(root, uses);
        expect(existsSync(uses.endsWith('.yml') ? folder : path.join(folder, 'action.yml')), uses).toBe(true);
        continue;
      }
      expect(`${uses}${rest}`, file).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      const [action = ''] = uses.split('@');
      const repository = action.split('/').slice(0, 2).join('/');
      pins.set(repository, new Set(pins.get(repository)).add(`${uses.split('@')[1]}${rest}`));
    }
  }
  expect([...pins].filter(([, versions]) => versions.size > 1)).toEqual([]);
  expect(pins.size).toBeGreaterThan(4);
});

it('SC-01 every job has a time limit and no right but what it needs', () => {
  for (const file of workflows) expect((parse(read(file)) as Workflow).permissions, file).toEqual({});
  const mayWrite: string[] = [];
  for (const { file, name, job } of jobs) {
    expect(job.permissions, `${file} ${name}`).toMatchObject({ contents: 'read' });
    for (const [right, level] of Object.entries(job.permissions ?? {})) {
      if (level !== 'read') mayWrite.push(`${path.basename(file)} ${name} ${right}`);
    }
    // GitHub takes no limit where another workflow is called; there each job has its own.
    if (job.uses === undefined) expect(job['timeout-minutes'], `${file} ${name}`).toBeLessThanOrEqual(45);
  }
  expect(mayWrite).toEqual(['security.yml code security-events', 'security.yml images security-events']);
});

it('SC-01 no checkout leaves its token behind', () => {
  const checkouts = steps.filter(({ step }) => step.uses?.startsWith('actions/checkout@'));
  expect(checkouts.length).toBeGreaterThan(10);
  for (const { where, step } of checkouts) expect(step.with, where).toMatchObject({ 'persist-credentials': false });
});

it('SC-01 nothing from outside becomes part of a script, nor runs foreign code with rights', () => {
  for (const { where, run } of runs) expect(run, where).not.toContain('${{');
  for (const { where, step } of steps) expect(step.with ?? {}, where).not.toHaveProperty('script');
  for (const file of workflows) {
    const { on } = parse(read(file)) as Workflow;
    expect(on, file).not.toHaveProperty('pull_request_target');
    if (on['workflow_run'] === undefined) continue;
    expect(on['workflow_run']?.workflows, file).toEqual([(parse(read(workflowFile('ci'))) as Workflow).name]);
    expect(read(file), 'a checkout of what the other run was about').not.toMatch(/^\s+ref:/m);
  }
});

it('SC-01 what a script downloads is compared with a checksum before it runs', () => {
  const downloads = runs.filter(({ run }) => /\b(curl|wget)\b/.test(run) && run.includes('https://'));
  expect(downloads.length).toBe(2);
  for (const { where, run } of downloads) expect(run, where).toMatch(/sha256sum --check --strict\n.*\btar\b/);
});

it('SC-01 what the workflows name is there: npm scripts, files, Dockerfiles', () => {
  const { scripts } = readJson(path.join(root, 'package.json')) as { scripts: Record<string, string> };
  const all = runs.map(({ run }) => run).join('\n');
  const used = [...all.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name);
  expect(used).toEqual(expect.arrayContaining(['typecheck', 'lint', 'build', 'e2e', 'test:docker', 'vitest']));
  expect(used.filter((name) => !(name in scripts))).toEqual([]);

  const named = [...all.matchAll(/(?:^|\s)(\.\/[\w./-]+|\.github\/[\w./-]+|Dockerfile[\w.]*)/gm)];
  const dockerfiles = [...read(workflowFile('security')).matchAll(/dockerfile: (\S+)/g)];
  const paths = [...named, ...dockerfiles].map(([, file = '']) => file);
  expect(paths).toEqual(expect.arrayContaining(['Dockerfile', 'Dockerfile.frontend']));
  expect(paths.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});

it('DP-10 deploys to one environment stand in line, and none is cut off', () => {
  const deploys = jobs.filter(({ job }) => job.steps?.some(({ env }) => env && 'DEPLOY_SSH_KEY' in env));
  expect(deploys.map(({ name }) => name)).toEqual(['staging', 'production', 'by-hand']);
  for (const { name, job } of deploys) {
    const environment = job.environment?.name ?? '';
    const step = job.steps?.find(({ env }) => env);
    expect(step?.env?.['DEPLOY_ENVIRONMENT'], name).toBe(environment);
    expect(job.concurrency, name).toEqual({ group: `deploy-${environment}`, 'cancel-in-progress': false });
  }
});

describe.skipIf(process.platform === 'win32')('deploy-over-ssh.sh', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-deploy-over-ssh-'));
  const origin = path.join(folder, 'origin');
  const server = path.join(folder, 'server');
  const seen = path.join(folder, 'seen');
  const commits: string[] = [];

  function git(cwd: string, ...args: string[]) {
    const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
    return execFileSync('git', [...identity, ...args], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  }

  const head = () => git(server, 'rev-parse', 'HEAD');
  const [first, second] = [() => commits[0] ?? '', () => commits[1] ?? ''];

  beforeAll(() => {
    mkdirSync(path.join(folder, 'bin'));
    // Stands in for the server: keeps what it was called with, then does what it was told.
    const ssh = `#!/bin/bash
      printf '%s\\n' "$@" >'${seen}'
      while [ "$1" != -- ]; do if [ "$1" = -i ]; then ls -l "$2" >>'${seen}'; cat "$2" >>'${seen}'; fi; shift; done
      exec bash -c "$3"\n`;
    writeFileSync(path.join(folder, 'bin', 'ssh'), ssh, { mode: 0o755 });
    git(folder, 'init', '--quiet', '--initial-branch=main', origin);
    for (const round of ['one', 'two']) {
      const deploy = `#!/bin/sh\nread -r line && echo "stole $line"\necho "${round}: $*"\n`;
      writeFileSync(path.join(origin, 'deploy.sh'), deploy, { mode: 0o755 });
      git(origin, 'add', '.');
      git(origin, 'commit', '--quiet', '--message', round);
      commits.push(git(origin, 'rev-parse', 'HEAD'));
    }
  });

  beforeEach(() => {
    rmSync(server, { recursive: true, force: true });
    rmSync(seen, { force: true });
    git(folder, 'clone', '--quiet', origin, server);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function deploy(changes: Record<string, string> = {}) {
    const env = {
      PATH: `${path.join(folder, 'bin')}:${process.env['PATH']}`,
      TMPDIR: folder,
      DEPLOY_ENVIRONMENT: 'staging',
      DEPLOY_ACTION: 'deploy',
      DEPLOY_COMMIT: second(),
      DEPLOY_HOST: 'example.org',
      DEPLOY_USER: 'deploy',
      DEPLOY_PATH: server,
      DEPLOY_SSH_KEY: 'the key\r\n',
      DEPLOY_KNOWN_HOSTS: 'example.org ssh-ed25519 AAAA',
      ...changes,
    };
    const script = path.join(root, '.github/scripts/deploy-over-ssh.sh');
    const { status, stdout, stderr } = spawnSync('bash', [script], { env, encoding: 'utf8' });
    return { status, output: stdout + stderr };
  }

  it('DP-10 checks out exactly that commit and runs its deploy.sh, to the end', () => {
    git(server, 'checkout', '--quiet', second());
    const { status, output } = deploy({ DEPLOY_COMMIT: first(), DEPLOY_ENVIRONMENT: 'production' });
    expect(output).toMatch(/\none: production --yes\n$/);
    expect(output, 'what follows in the script must not be input of deploy.sh').not.toContain('stole');
    expect(status).toBe(0);
    expect(head()).toBe(first());
  });

  it('DP-10 brings the tags along, also one that was moved', () => {
    git(server, 'tag', 'v1.0.0', first());
    git(origin, 'tag', 'v1.0.0', second());
    expect(deploy().status).toBe(0);
    expect(git(server, 'describe', '--tags')).toBe('v1.0.0');
    git(origin, 'tag', '--delete', 'v1.0.0');
  });

  it('DP-10 takes one host key, one key of its own, and leaves neither behind', () => {
    deploy();
    const call = readFileSync(seen, 'utf8');
    expect(call).toMatch(/^StrictHostKeyChecking=yes$/m);
    expect(call).toMatch(/^GlobalKnownHostsFile=\/dev\/null$/m);
    expect(call).toMatch(/^-rw------- .*\nthe key\n/m);
    expect(readdirSync(folder).sort()).toEqual(['bin', 'origin', 'seen', 'server']);
  });

  it('DP-10 does not put an older commit over a newer one by itself', () => {
    const { status, output } = deploy({ DEPLOY_COMMIT: first(), DEPLOY_NEVER_BACK: 'true' });
    expect(output).toContain('Nothing was done');
    expect(status).toBe(0);
    expect(head()).toBe(second());
    git(server, 'checkout', '--quiet', first());
    expect(deploy({ DEPLOY_NEVER_BACK: 'true' }).output).toContain('two: staging --yes');
  });

  it('DP-10 leaves a checkout alone in which somebody changed files', () => {
    git(server, 'checkout', '--quiet', first());
    writeFileSync(path.join(server, 'deploy.sh'), 'echo mine\n');
    const { status, output } = deploy();
    expect(output).toContain('deploy.sh');
    expect(status).toBe(1);
    expect(head()).toBe(first());
  });

  it.each([
    ['status', 'one: staging --status'],
    ['dry-run', 'one: staging --dry-run'],
    ['rollback', 'one: staging --rollback --yes'],
  ])('DP-10 %s works with what is there, and deploy.sh knows it', (action, expected) => {
    for (const [option] of expected.matchAll(/--[\w-]+/g)) expect(read('deploy.sh')).toContain(`${option})`);
    git(server, 'checkout', '--quiet', first());
    expect(deploy({ DEPLOY_ACTION: action }).output).toContain(expected);
    expect(head()).toBe(first());
  });

  it.each([
    ['DEPLOY_ENVIRONMENT', 'staging; touch x'],
    ['DEPLOY_ACTION', '$(touch x)'],
    ['DEPLOY_COMMIT', 'main'],
    ['DEPLOY_HOST', '-oProxyCommand=touch x'],
    ['DEPLOY_USER', '-l root'],
    ['DEPLOY_PATH', '/srv/a b'],
    ['DEPLOY_PORT', '22 -v'],
  ])('DP-10 refuses a %s that is none, and calls nobody', (name, value) => {
    const { status, output } = deploy({ [name]: value });
    expect(status).toBe(1);
    expect(output).toMatch(new RegExp(`^::error title=deploy::${name} is not .+\n$`));
    expect(existsSync(seen)).toBe(false);
  });

  it('DP-10 names all that is missing at once', () => {
    const { status, output } = deploy({ DEPLOY_HOST: '', DEPLOY_KNOWN_HOSTS: '' });
    expect(status).toBe(1);
    expect(output).toContain('DEPLOY_HOST DEPLOY_KNOWN_HOSTS');
    expect(existsSync(seen)).toBe(false);
  });
});
