import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { describeEachDatabase } from '../testing/dialects.ts';
import { columnsOf } from '../testing/introspection.ts';
import { aLane, aSession, aUser } from '../testing/rows.ts';

/** `table.column` → `text`, `integer`, `text null` …, as the types of schema.ts say. */
function declaredColumns(): Record<string, string> {
  const source = ts.createSourceFile(
    'schema.ts',
    readFileSync(new URL('./schema.ts', import.meta.url), 'utf8'),
    ts.ScriptTarget.Latest,
  );
  const interfaces = new Map(
    source.statements
      .filter(ts.isInterfaceDeclaration)
      .map((declared) => [declared.name.text, membersOf(declared, source)]),
  );
  return Object.fromEntries(
    [...(interfaces.get('Tables') ?? [])].flatMap(([table, type]) =>
      [...(interfaces.get(type) ?? [])].map(([column, columnType]) => [`${table}.${column}`, kindOf(columnType)]),
    ),
  );
}

function membersOf(declared: ts.InterfaceDeclaration, source: ts.SourceFile): [string, string][] {
  return declared.members
    .filter(ts.isPropertySignature)
    .map((member) => [member.name.getText(source), member.type?.getText(source) ?? '']);
}

/** Only strings (literals too), numbers and null are portable. */
function kindOf(type: string): string {
  const parts = type.split('|').map((part) => part.trim());
  const kinds = new Set(
    parts
      .filter((part) => part !== 'null')
      .map((part) => (part === 'number' ? 'integer' : /^(string|'.*')$/.test(part) ? 'text' : part)),
  );
  return [...kinds].join('|') + (parts.includes('null') ? ' null' : '');
}

describeEachDatabase('the schema', ({ open }) => {
  it('is what schema.ts says', async () => {
    const declared = declaredColumns();
    expect(Object.keys(declared).length).toBeGreaterThan(60);
    expect(await columnsOf((await open()).read)).toEqual(declared);
  });

  it('takes roles, sessions and counts of failed sign-ins along with a deleted user, and refuses those of nobody', async () => {
    const database = await open();
    const user = aUser();
    await database.transaction(async ({ query }) => {
      await query.insertInto('users').values(user).execute();
      await query.insertInto('user_roles').values({ user_id: user.id, role: 'admin', granted_at: 1 }).execute();
      await query.insertInto('sessions').values(aSession(user.id)).execute();
      await query
        .insertInto('log_in_lanes')
        .values([aLane(user.id), aLane(null)])
        .execute();
    });
    await database.transaction(({ query }) => query.deleteFrom('users').where('id', '=', user.id).execute());
    expect(await database.read.selectFrom('user_roles').selectAll().execute()).toEqual([]);
    expect(await database.read.selectFrom('sessions').selectAll().execute()).toEqual([]);
    expect(await database.read.selectFrom('log_in_lanes').selectAll().execute()).toMatchObject([{ user_id: null }]);
    const orphan = database.transaction(({ query }) =>
      query.insertInto('sessions').values(aSession('nobody')).execute(),
    );
    await expect(orphan).rejects.toThrow(/foreign key/i);
  });
});
