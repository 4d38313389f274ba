// What was installed and built last, as a hash of what went into it.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** @param {string} file @returns {string | undefined} */
function readIfPresent(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** @param {string} file */
export function readJson(file) {
  const text = readIfPresent(file);
  return text === undefined ? undefined : JSON.parse(text);
}

const notPartOfTheBuild = /(^|[\\/])(node_modules|dist|testing)$|\.test\.tsx?$|(^|[\\/])test-[^\\/]+\.ts$/;

/**
 * @param {string} base
 * @param {string} relative a file or a folder, or nothing
 * @returns {string[]} the files below, sorted, without tests and output
 */
export function listFiles(base, relative) {
  const stat = statSync(path.join(base, relative), { throwIfNoEntry: false });
  if (!stat) return [];
  if (stat.isFile()) return [relative];
  return readdirSync(path.join(base, relative))
    .sort()
    .map((name) => path.posix.join(relative, name))
    .filter((file) => !notPartOfTheBuild.test(file))
    .flatMap((file) => listFiles(base, file));
}

/**
 * What npm installs from: the lock file and the parts of package.json that steer it. Another script or a new
 * description installs nothing.
 * @param {string} base
 */
export function installFingerprint(base) {
  const manifest = readJson(path.join(base, 'package.json')) ?? {};
  const { dependencies, devDependencies, optionalDependencies, overrides, allowScripts } = manifest;
  return createHash('sha256')
    .update(JSON.stringify([dependencies, devDependencies, optionalDependencies, overrides, allowScripts]))
    .update(`\0${process.platform} ${process.arch}\0`)
    .update(readIfPresent(path.join(base, 'package-lock.json')) ?? '')
    .digest('hex');
}

const buildInputs = ['web', 'src/contract', 'src/security', 'package-lock.json', 'tsconfig.json'];

/** @param {string} base */
export function buildFingerprint(base) {
  const { imports, version } = readJson(path.join(base, 'package.json')) ?? {};
  const hash = createHash('sha256').update(JSON.stringify([imports, version]));
  for (const file of buildInputs.flatMap((input) => listFiles(base, input))) {
    const bytes = readFileSync(path.join(base, file));
    hash.update(`\0${file}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}

/** @param {string} file */
export function readStamp(file) {
  return readIfPresent(file)?.trim();
}

/**
 * @param {string} file
 * @param {string} fingerprint
 */
export function writeStamp(file, fingerprint) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${fingerprint}\n`);
}

/**
 * Did somebody run `npm ci` or `npm install` by hand? npm leaves a list of what it put into node_modules.
 * @param {string} base
 * @returns {boolean} whether everything in the lock file is there, in that version
 */
export function isInstalledByHand(base) {
  const wanted = readJson(path.join(base, 'package-lock.json'))?.packages;
  const present = readJson(path.join(base, 'node_modules', '.package-lock.json'))?.packages;
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(([folder, entry]) => {
    if (folder === '') return true;
    const found = present[folder];
    return found ? found.version === entry.version : entry.optional === true || entry.devOptional === true;
  });
}
