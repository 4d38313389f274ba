/** The real parts (PostgreSQL, Redis, bash) that a run of the tests has used, or looked for in vain. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** Where every process of the run notes the real parts it has met. */
export const partsFileVariable = 'GATEHOUSE_TEST_PARTS_FILE';

/** Notes, from any test or set-up, that a real part is used, or (no version) was looked for in vain. */
export function reportPart(name: string, version: string | undefined): void {
  const file = process.env[partsFileVariable];
  if (file) appendFileSync(file, `${JSON.stringify({ name, version })}\n`);
}

export function describeParts(): string {
  const file = process.env[partsFileVariable] ?? '';
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const parts = new Map(
    lines
      .map((line) => JSON.parse(line) as { name: string; version?: string })
      .map(({ name, version }) => [name, version]),
  );
  const used = [...parts].filter(([, version]) => version !== undefined).map(([name, version]) => `${name} ${version}`);
  const missing = [...parts].filter(([, version]) => version === undefined).map(([name]) => name);
  return `Real parts used: ${used.join(', ') || 'none'}; not found: ${missing.join(', ') || 'none'}`;
}
