// Images and a volume for docker/publish-nginx-conf, without Docker: folders, and stubs in PATH that can kill or hold it.
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, vi } from 'vitest';
import { root } from './runtime.js';

/** What it is made of, in the images: the GNU tools and flock. A Mac has others. */
export const canPublish =
  spawnSync('sh', ['-c', 'mv --version | grep -q GNU && flock --version && sync --version']).status === 0;
export const source = readFileSync(path.join(root, 'docker/publish-nginx-conf'), 'utf8');

/** Before each command that may change something: written down, counted, killed with all that called it, or held. */
const STUB = (name: string) => `#!/bin/sh
echo "${name} $*" >>"$STUB/calls"
for last; do :; done
if [ "$(wc -l <"$STUB/calls")" = "$KILL_AT" ]; then
  if [ ${name} = cp ]; then PATH=$REAL cp "$1" "$last"; fi
  kill -9 0
fi
if [ "$HOLD_AT" = ${name} ]; then : >"$STUB/held"; read -r _ <"$STUB/go"; fi
PATH=$REAL exec ${name} "$@"
`;
const STUBBED = ['flock', 'rm', 'mkdir', 'mktemp', 'cp', 'chmod', 'sync', 'mv', 'rmdir', 'ln'];

export interface Ended {
  code: number | null;
  errors: string;
  calls: string[];
}

export type Volume = ReturnType<typeof makeVolume>;

export function makeVolume() {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-publish-'));
  const inFolder = (...names: string[]): string => path.join(folder, ...names);
  const inVolume = (...names: string[]): string => inFolder('volume', ...names);
  let runs = 0;

  mkdirSync(inVolume());
  mkdirSync(inFolder('bin'));
  for (const name of STUBBED) {
    writeFileSync(inFolder('bin', name), STUB(name));
    chmodSync(inFolder('bin', name), 0o755);
  }

  /** What the image of that release carries. `check` is what its start-proxy.sh does: what Nginx would say. */
  function prepare(release: string, check = 'exit 0'): Record<string, string> {
    const files = {
      'nginx.conf': `# ${release}\n`,
      'own-answers.conf': `# answers of ${release}\n`,
      [`of-${release}.conf`]: `# ${release} only\n`,
      'start-proxy.sh': `# ${release}\n${check}\n`,
    };
    mkdirSync(inFolder(release), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(inFolder(release, name), text);
    const script = source.replace(/^from=.*$/m, `from=${inFolder(release)}`).replace(/^to=.*$/m, `to=${inVolume()}`);
    writeFileSync(inFolder(`publish-${release}`), script);
    return files;
  }

  /** Begins it as from the image of that release. */
  function start(release: string, word = '', env: { KILL_AT?: string; HOLD_AT?: string } = {}) {
    runs += 1;
    const state = inFolder(`run-${runs}`);
    mkdirSync(state);
    spawnSync('sh', ['-c', 'mkfifo "$0"', path.join(state, 'go')]);
    const child = spawn('sh', [inFolder(`publish-${release}`), ...(word === '' ? [] : [word])], {
      // A group of its own: what is killed is all of it.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: `${inFolder('bin')}:${process.env.PATH}`,
        REAL: process.env.PATH ?? '',
        STUB: state,
        KILL_AT: '',
        HOLD_AT: '',
        ...env,
      },
    });
    const calls = (): string[] => {
      const file = path.join(state, 'calls');
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    };
    const ended = new Promise<Ended>((resolve, reject) => {
      let errors = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, errors, calls: calls() }));
    });
    return {
      ended,
      calls,
      isHeld: () => vi.waitFor(() => readFileSync(path.join(state, 'held')), { timeout: 15_000, interval: 10 }),
      letGo: () => writeFileSync(path.join(state, 'go'), 'go\n'),
    };
  }

  const run = (release: string, word = '', env = {}): Promise<Ended> => start(release, word, env).ended;

  async function runWell(release: string, ...words: string[]): Promise<void> {
    for (const word of words) expect(await run(release, word)).toMatchObject({ code: 0, errors: '' });
  }

  /** What a proxy reads. */
  function inForce(): Record<string, string> {
    const names = readdirSync(inVolume()).filter((name) => /\.(conf|sh)$/.test(name) && existsSync(inVolume(name)));
    return Object.fromEntries(names.map((name) => [name, readFileSync(inVolume(name), 'utf8')]));
  }

  const releases = (): string[] => readdirSync(inVolume('releases'));

  /** The folder to which a link leads: `current`, `next`. */
  const folderOf = (link: string): string => inVolume('releases', path.basename(readlinkSync(inVolume(link))));

  /** As a power loss leaves what was never written to the disk. */
  function empty(link: string): void {
    for (const name of ['nginx.conf', 'start-proxy.sh']) writeFileSync(path.join(folderOf(link), name), '');
  }

  return {
    prepare,
    start,
    run,
    runWell,
    inForce,
    releases,
    folderOf,
    empty,
    inVolume,
    /** As it is before anything was ever copied. */
    clear() {
      rmSync(inVolume(), { recursive: true });
      mkdirSync(inVolume());
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
