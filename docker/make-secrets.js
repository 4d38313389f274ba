// The one-shot of the base configuration: what nobody chose is made once, into volumes that outlive the containers.
// Under deploy.sh secrets are files of the operator's instead.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Others may read: each volume is mounted only where its content is needed, and the reader is another user. */
function writeOnce(file, makeText) {
  if (existsSync(file)) return;
  writeFileSync(`${file}.new`, makeText(), { mode: 0o444, flush: true });
  renameSync(`${file}.new`, file);
  process.stdout.write(`made ${file}\n`);
}

const random = () => randomBytes(48).toString('base64url');

writeOnce('/secrets/app/app-secret', random);
writeOnce('/secrets/redis/redis-password', random);
writeOnce(
  '/secrets/redis/redis-url',
  () => `redis://:${readFileSync('/secrets/redis/redis-password', 'utf8')}@redis:6379`,
);
