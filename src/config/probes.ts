// What only this machine can tell of a configuration, tried as the start will try it: no message leaves the machine, and nothing is written.
import { createServer } from 'node:net';
import { createPasswordStrength } from '../security/password-strength.ts';
import { judgePassword } from '../security/password-verdict.ts';
import type { Report } from './section.ts';
import type { Slices } from './sections.ts';

/** The code of the error that listening there meets; undefined where it can be done. */
function faultOfListening(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

const FIRST_UNPRIVILEGED_PORT = 1024;

/** That a port is in use is no fault of the configuration: a server may be running with it. */
async function probeListening({ host, port }: Slices, report: Report): Promise<void> {
  const fault = await faultOfListening(host, 0);
  if (fault === 'EADDRNOTAVAIL')
    report(`HOST: ${host} is not an address of this machine; set it to one, or to 0.0.0.0 for all.`);
  else if (fault !== undefined) report(`HOST: "${host.slice(0, 100)}" cannot be listened on (${fault}).`);
  if (fault !== undefined || port >= FIRST_UNPRIVILEGED_PORT) return;
  if ((await faultOfListening(host, port)) === 'EACCES')
    report(`PORT: ${port} needs rights that this process does not have; set it to one from 1024 on.`);
}

/** By the rules for everybody's password. */
async function probeAdministrator({ firstAdministrator, passwordMinLength: minLength }: Slices, report: Report) {
  if (firstAdministrator === undefined) return;
  const { username, email, password } = firstAdministrator;
  const { refusals } = await judgePassword(
    password,
    { minLength, person: { username, email } },
    createPasswordStrength(),
  );
  for (const refusal of refusals) report(`ADMIN_PASSWORD: ${refusal}`);
}

export async function probe(config: Slices, report: Report): Promise<void> {
  await probeListening(config, report);
  await probeAdministrator(config, report);
}
