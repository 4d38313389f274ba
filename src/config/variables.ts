// From the environment to values in their form: every variable of every section, also by `NAME_FILE`.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { notesOf } from './section.ts';
import type { Report } from './section.ts';
import { variables } from './sections.ts';

const environment = z.object(variables);

export type EnvironmentValues = z.output<typeof environment>;
type VariableName = keyof EnvironmentValues;

export const variableNames = Object.keys(variables) as VariableName[];

export const describeVariable = (name: VariableName) => notesOf(name, variables[name]);

export const isSecret = (name: VariableName): boolean => describeVariable(name).secret === true;

export type Environment = Readonly<Record<string, string | undefined>>;

/** How the operator's command is called here, for what people are told to run. Set by the container's image, not by operators. */
export const operatorCommand = (env: Environment): string => env['GATEHOUSE_CLI'] || 'npm run cli --';

/** Markdown; the README holds it, and a test holds the README against it. */
export function configurationTable(): string {
  const rows = variableNames.map((name) => {
    const { default: fallback, description, secret } = describeVariable(name);
    return `| \`${name}\`${secret === true ? `, \`${name}_FILE\`` : ''} | ${fallback} | ${description} |`;
  });
  return ['| Variable | Default | What it does |', '| --- | --- | --- |', ...rows].join('\n');
}

function readSecretFile(name: string, file: string, report: Report): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    // A list may have no entries: a file that is mounted always, and filled when it is needed.
    if (text !== '' || name === 'APP_SECRET_PREVIOUS') return text;
    report(`${name}_FILE: ${file} is empty.`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    report(`${name}_FILE: ${file} cannot be read (${code === 'ENOENT' ? 'it does not exist' : code}).`);
  }
  return undefined;
}

/** `NAME_FILE` stands for `NAME`; one line end at its end is not part of the secret. Empty means unset, as compose passes it. */
function readTexts(env: Environment, report: Report): Partial<Record<VariableName, string>> {
  const texts: Partial<Record<VariableName, string>> = {};
  for (const name of variableNames) {
    const file = isSecret(name) ? env[`${name}_FILE`] : undefined;
    if (env[name] && file) report(`${name} and ${name}_FILE are both set: keep one.`);
    const text = env[name] || (file && readSecretFile(name, file, report));
    if (text) texts[name] = text;
  }
  return texts;
}

/** LO-03: what is secret is not repeated, also where it is in no form that a secret has. */
function quote(name: VariableName, text: string | undefined): string {
  return isSecret(name) ? '' : `, not "${text?.slice(0, 40) ?? ''}"`;
}

/** Every value in its form; where one has a fault, its default, so that the others can be looked at too. */
export function readVariables(env: Environment, report: Report): EnvironmentValues {
  const texts = readTexts(env, report);
  const parsed = environment.safeParse(texts);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) {
    const name = path[0] as VariableName;
    report(`${name} ${message}${quote(name, texts[name])}.`);
    delete texts[name];
  }
  return environment.parse(texts);
}
