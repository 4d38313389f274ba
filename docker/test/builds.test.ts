// How the images are built: what is built again, and what a build may know without leaving it behind.
import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyOfProject } from './copy.ts';
import { build, docker, inspect, TAG } from './docker.ts';
import type { Options } from './docker.ts';

interface Image {
  Id: string;
  RootFS: { Layers: string[] };
}

const layersOf = async (image: string): Promise<string[]> => (await inspect<Image>('image', image)).RootFS.Layers;
const idOf = async (image: string): Promise<string> => (await inspect<Image>('image', image)).Id;
const OTHER = `${TAG}-changed`;

/** Each instruction of a build, and whether it was done before. */
async function stepsOf(args: readonly string[], options: Options): Promise<{ name: string; isCached: boolean }[]> {
  const { stdout, stderr } = await build(['--progress', 'plain', ...args], options);
  const text = stdout + stderr;
  const named = text.matchAll(/^#(\d+) \[.*\d+\/\d+\] ((?:RUN|COPY) .*)/gm);
  const names = new Map([...named].map(([, number = '', name = '']) => [number, name]));
  const cached = new Set([...text.matchAll(/^#(\d+) CACHED/gm)].map(([, number]) => number));
  return [...names].map(([number, name]) => ({ name, isCached: cached.has(number) }));
}

let folder: string;
let copy: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gatehouse-builds-'));
  copy = await copyOfProject(path.join(folder, 'copy'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  const images = ['backend', 'frontend'].map((name) => `gatehouse-${name}:${OTHER}`);
  await docker(['image', 'rm', '--force', ...images], { mayFail: true });
});

test('DP-03 a second build of the same files gives the same images', async () => {
  const options = { cwd: copy, env: { IMAGE_TAG: OTHER } };
  const ids = async (): Promise<string[]> => {
    await build([], options);
    return [await idOf(`gatehouse-backend:${OTHER}`), await idOf(`gatehouse-frontend:${OTHER}`)];
  };
  expect(await ids()).toEqual(await ids());
});

test('DP-03 what is no part of an image does not change it; a change of the code keeps the layer of the packages', async () => {
  const options = { cwd: copy, env: { IMAGE_TAG: OTHER } };
  await build(['backend'], options);
  const before = await layersOf(`gatehouse-backend:${OTHER}`);

  for (const file of ['README.md', 'src/log.test.ts', '.env', 'docker/test/wait.ts', 'nginx.conf'])
    await appendFile(path.join(copy, file), '\n');
  await build(['backend'], options);
  expect(await layersOf(`gatehouse-backend:${OTHER}`)).toEqual(before);

  await appendFile(path.join(copy, 'src/log.ts'), `// ${Date.now()}\n`);
  const steps = await stepsOf(['backend'], options);
  expect(
    steps.filter(({ name }) => /npm ci|COPY --from=dependencies/.test(name)).map(({ isCached }) => isCached),
  ).toEqual([true, true]);
  expect(steps.filter(({ isCached }) => !isCached).map(({ name }) => name)).toEqual([
    expect.stringContaining('COPY src'),
  ]);
  expect((await layersOf(`gatehouse-backend:${OTHER}`)).at(-1)).not.toBe(before.at(-1));
});

test('DP-03 a release’s name changes no layer: only what the image says of itself', async () => {
  const env = { IMAGE_TAG: OTHER, RELEASE_VERSION: '9.8.7', RELEASE_REVISION: 'abcdef' };
  const name = `gatehouse-frontend:${OTHER}`;
  await build(['frontend'], { cwd: copy, env: { IMAGE_TAG: OTHER } });
  const before = await layersOf(name);
  await build(['frontend'], { cwd: copy, env });
  expect(await layersOf(name)).toEqual(before);
  const { Config } = await inspect<{ Config: { Labels: Record<string, string> } }>('image', name);
  expect(Config.Labels).toMatchObject({
    'org.opencontainers.image.version': '9.8.7',
    'org.opencontainers.image.revision': 'abcdef',
  });
});

/** A Compose file that gives the build a secret `npmrc` with this text. */
async function withNpmrc(name: string, text: string): Promise<string> {
  const npmrc = path.join(folder, `${name}.npmrc`);
  await writeFile(npmrc, text, { mode: 0o600 });
  // A secret makes no step new: another package.json does.
  const settings = path.join(copy, 'package.json');
  const given = JSON.parse(await readFile(settings, 'utf8')) as Record<string, unknown>;
  await writeFile(settings, JSON.stringify({ ...given, description: `${name} ${Date.now()}` }));
  const file = path.join(folder, `${name}.yml`);
  const build = { secrets: ['npmrc'] };
  await writeFile(file, JSON.stringify({ services: { backend: { build } }, secrets: { npmrc: { file: npmrc } } }));
  return file;
}

function occursIn(image: string, text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn('docker', ['save', image]);
    let tail = '';
    let isFound = false;
    child.stdout.setEncoding('latin1').on('data', (chunk: string) => {
      isFound ||= (tail + chunk).includes(text);
      tail = (tail + chunk).slice(-text.length);
    });
    child.once('error', reject);
    child.once('close', () => resolve(isFound));
  });
}

const TOKEN = ['npm', 'Qm9vIHdobyBpcyB0aGVyZT8'].join('_');
const credential = `//registry.example.test/:_authToken=${TOKEN}\n`;

test('DP-03 a private registry’s credential reaches npm, and is not in what npm says where it fails', async () => {
  const file = await withNpmrc('refused', `${credential}registry=http://127.0.0.1:9/\nfetch-retries=0\n`);
  const options = { cwd: copy, env: { IMAGE_TAG: OTHER }, files: [file], mayFail: true };
  const { code, stdout, stderr } = await build(['--progress', 'plain', 'backend'], options);
  expect(code).not.toBe(0);
  expect(stdout + stderr).toContain('127.0.0.1:9');
  expect(stdout + stderr).not.toContain(TOKEN);
});

test('DP-03 a build with a credential leaves it in no layer and in no history', async () => {
  const file = await withNpmrc('given', credential);
  await build(['backend'], { cwd: copy, env: { IMAGE_TAG: OTHER }, files: [file] });
  const image = `gatehouse-backend:${OTHER}`;
  expect(await occursIn(image, TOKEN)).toBe(false);
  // That the search finds what is there.
  expect(await occursIn(image, 'Gatehouse server')).toBe(true);
  expect((await docker(['history', '--no-trunc', image])).stdout).not.toContain(TOKEN);
});
