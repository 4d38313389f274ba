// What publish-assets keeps: pages that are open find the chunks of their release, and the disk does not fill.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { docker, frontendImage, runName } from './docker.ts';

const volume = `${runName()}-assets_releases`;
const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-assets-'));

beforeAll(() => docker(['volume', 'create', volume]).then(() => {}));
afterAll(async () => {
  await docker(['volume', 'rm', '--force', volume]);
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the command of the image as if it were a release with these files, each of which holds its name. */
async function publish(step: 'copy' | 'record', release: string, files: readonly string[]): Promise<void> {
  const assets = path.join(folder, release);
  mkdirSync(assets, { recursive: true });
  for (const file of files) writeFileSync(path.join(assets, file), file);
  const mounts = ['-v', `${assets}:/usr/share/nginx/html/assets:ro`, '-v', `${volume}:/srv/releases`];
  await docker(['run', '--rm', '--read-only', '--network', 'none', ...mounts, frontendImage, 'publish-assets', step]);
}

async function release(name: string): Promise<void> {
  const files = ['shared-1.js', `page-${name}.js`];
  await publish('copy', name, files);
  await publish('record', name, files);
}

async function published(): Promise<string[]> {
  const listed = await docker([
    'run',
    '--rm',
    '-v',
    `${volume}:/srv/releases:ro`,
    frontendImage,
    'ls',
    '/srv/releases/assets',
  ]);
  return listed.stdout.split('\n').filter(Boolean).toSorted();
}

it('RE-14 the assets of the last three releases that served are kept, and no others', async () => {
  for (const name of ['a', 'b', 'c']) await release(name);
  expect(await published()).toEqual(['page-a.js', 'page-b.js', 'page-c.js', 'shared-1.js']);

  // One that never became ready pushes nothing out, and is gone with the next one that does.
  await publish('copy', 'broken', ['page-broken.js']);
  await publish('copy', 'broken', ['page-broken.js']);
  expect(await published()).toContain('page-a.js');

  await release('d');
  expect(await published()).toEqual(['page-b.js', 'page-c.js', 'page-d.js', 'shared-1.js']);
  // Going back is serving again: what was served last goes last.
  await release('b');
  await release('e');
  expect(await published()).toEqual(['page-b.js', 'page-d.js', 'page-e.js', 'shared-1.js']);
  await release('e');
  expect(await published()).toEqual(['page-b.js', 'page-d.js', 'page-e.js', 'shared-1.js']);
});
