import { execFile } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from './docker.ts';

/** A copy of the project as a clone of it would be: its files, and none that git ignores. */
export async function copyOfProject(to: string): Promise<string> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const { stdout } = await promisify(execFile)('git', args, { cwd: root, maxBuffer: 16 * 1024 * 1024 });
  for (const file of stdout.split('\0').filter(Boolean)) {
    const target = path.join(to, file);
    await mkdir(path.dirname(target), { recursive: true });
    // One that is deleted and not yet committed is none, and neither is a link to a folder.
    await copyFile(path.join(root, file), target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT' && error.code !== 'EISDIR') throw error;
    });
  }
  return to;
}
