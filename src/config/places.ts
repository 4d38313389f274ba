// Whether files that a start needs are there, or could be made. Nothing is written.
import { accessSync, closeSync, constants, lstatSync, openSync, readSync, statSync } from 'node:fs';
import path from 'node:path';

export const READ = constants.R_OK;
export const READ_AND_WRITE = constants.R_OK | constants.W_OK;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'error';

/** A link that leads nowhere is there: nothing can be made in its place. */
const isMissing = (file: string): boolean => lstatSync(file, { throwIfNoEntry: false }) === undefined;

/** The code of the error that making a file in it would meet; undefined where it could be made, with the folder where that is missing. */
function faultOfFolder(folder: string): string | undefined {
  if (isMissing(folder)) {
    const parent = path.dirname(folder);
    return parent === folder ? 'ENOENT' : faultOfFolder(parent);
  }
  if (!statSync(folder).isDirectory()) return 'ENOTDIR';
  accessSync(folder, constants.W_OK | constants.X_OK);
  return undefined;
}

function orCode(look: () => string | undefined): string | undefined {
  try {
    return look();
  } catch (error) {
    return codeOf(error);
  }
}

/**
 * The code of the error that a process would meet that uses this file, or makes it where there is none.
 * @param mode what it does with a file that is there
 */
export function faultOfPlace(file: string, mode: number): string | undefined {
  return orCode(() => {
    if (isMissing(file)) return faultOfFolder(path.dirname(file));
    if (!statSync(file).isFile()) return 'EISDIR';
    accessSync(file, mode);
    return undefined;
  });
}

/** The same of the folder that a file lies in, for what is made beside it. */
export const faultBeside = (file: string): string | undefined => orCode(() => faultOfFolder(path.dirname(file)));

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
