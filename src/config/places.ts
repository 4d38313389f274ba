// Whether files that a start needs are there, or could be made. Nothing is written.
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'error';

function isMissing(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) === undefined;
}

/** The code of the error that making a file would meet; undefined where it could be made. */
function faultOfFolder(folder: string): string | undefined {
  if (isMissing(folder)) {
    const parent = path.dirname(folder);
    return parent === folder ? 'ENOENT' : faultOfFolder(parent);
  }
  if (!statSync(folder).isDirectory()) return 'ENOTDIR';
  accessSync(folder, constants.W_OK | constants.X_OK);
  return undefined;
}

/** The code of the error that a process would meet that writes this file, in a folder that it makes where there is none. */
export function faultOfPlace(file: string): string | undefined {
  try {
    if (isMissing(file)) return faultOfFolder(path.dirname(file));
    if (!statSync(file).isFile()) return 'EISDIR';
    accessSync(file, constants.R_OK | constants.W_OK);
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

/** As text; undefined where there is no such file. */
export function firstBytes(file: string, length: number): string | undefined {
  if (isMissing(file)) return undefined;
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.toString('latin1', 0, readSync(descriptor, bytes, 0, length, 0));
  } finally {
    closeSync(descriptor);
  }
}
