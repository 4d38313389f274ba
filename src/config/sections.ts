// The sections, in the order of the README's table.
import { access } from './access.ts';
import { database } from './database.ts';
import { firstAdministrator } from './first-administrator.ts';
import { limits } from './limits.ts';
import { operation } from './operation.ts';
import { passwords } from './passwords.ts';
import { secrets } from './secrets.ts';
import { server } from './server.ts';
import { sessions } from './sessions.ts';

export const sections = {
  server,
  database,
  secrets,
  access,
  limits,
  passwords,
  sessions,
  firstAdministrator,
  operation,
} as const;

type Sections = typeof sections;
type Together<U> = (U extends unknown ? (member: U) => void : never) extends (all: infer All) => void ? All : never;

/** What all sections read. */
export type Slices = Readonly<Together<ReturnType<Sections[keyof Sections]['read']>>>;

/** Every variable of every section. */
export const variables = Object.assign({}, ...Object.values(sections).map((section) => section.variables)) as Together<
  Sections[keyof Sections]['variables']
>;
