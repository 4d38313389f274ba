// Every shell script of the repository is clean by shellcheck, with the parts that it reads in.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { reportPart } from '../src/testing/parts.ts';
import { root } from './runtime.js';

const command = 'shellcheck';
const shellcheck = (...args: string[]) =>
  spawnSync(command, ['--external-sources', ...args], { cwd: root, encoding: 'utf8' });
const version = /^version: (.*)$/m.exec(shellcheck('--version').stdout ?? '')?.[1];
reportPart('shellcheck', version);

const isScript = (file: string) =>
  file.endsWith('.sh') || /^#! ?\/(usr\/)?bin\/(env )?(ba|da)?sh\b/.test(readFileSync(path.join(root, file), 'utf8'));

/** Those that git knows or will know: not what is ignored, and not what was deleted a moment ago. */
const scripts = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root })
  .toString()
  .split('\0')
  .filter((file) => /(^|\/)[^.]+$|\.sh$/.test(file) && isScript(file));

it('DP-10 the shell scripts are found, whatever their names', () => {
  expect(scripts).toEqual(
    expect.arrayContaining(['deploy.sh', 'deploy/roll.sh', 'docker/publish-nginx-conf', 'nginx/replicas.sh']),
  );
});

const describeWithShellcheck = version === undefined ? () => {} : describe;

describeWithShellcheck('shellcheck', () => {
  it('DP-10 every shell script is clean', { timeout: 60_000 }, () => {
    expect(shellcheck(...scripts).stdout).toBe('');
  });

  it('DP-10 a script that is not clean is found', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-shell-'));
    try {
      writeFileSync(path.join(folder, 'bad.sh'), '#!/bin/sh\nrm $1\n');
      expect(shellcheck(path.join(folder, 'bad.sh'))).toMatchObject({
        status: 1,
        stdout: expect.stringContaining('SC2086'),
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
