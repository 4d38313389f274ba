// What the environment file and the server's files say, deploy.sh and deploy.ps1 do: images, database, backups, .env.
import { lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changes, describeEach, makeServer, type Server } from './test-deploy.ts';

describeEach((script) => {
  let server: Server;

  beforeEach(() => {
    server = makeServer(script);
    server.configure();
  });
  afterEach(() => server.remove());

  async function deploy(version: string) {
    server.tell('version', `${version}\n`);
    const run = await server.run(['production']);
    expect(run).toMatchObject({ code: 0, errors: '' });
    return run;
  }

  it('DP-10 ready-made images are pulled instead of built', async () => {
    server.set('BACKEND_IMAGE', 'ready-backend:1.5.0');
    server.set('FRONTEND_IMAGE', 'ready-frontend:1.5.0');
    const run = await deploy('1.0.0');
    expect(changes(run)['build images']).toEqual([
      'pull --quiet ready-backend:1.5.0',
      'tag ready-backend:1.5.0 gatehouse-backend:production-next',
      'pull --quiet ready-frontend:1.5.0',
      'tag ready-frontend:1.5.0 gatehouse-frontend:production-next',
    ]);
  });

  it('DP-10 a database elsewhere: its addresses are the operator’s, and no other is started', async () => {
    server.set('COMPOSE_PROFILES', '');
    mkdirSync(server.file('secrets/production'), { recursive: true });
    writeFileSync(server.file('secrets/production/database-url'), 'postgres://elsewhere\n');
    writeFileSync(server.file('secrets/production/database-migration-url'), 'postgres://owner@elsewhere\n');
    const run = await deploy('1.0.0');
    expect(changes(run)['start databases']).toEqual([
      'compose up --detach --no-recreate --wait --wait-timeout 120 redis',
    ]);
    expect(readdirSync(server.file('secrets/production')).sort()).toEqual(
      [
        'app-secret',
        'app-secret-previous',
        'database-migration-url',
        'database-url',
        'redis-password',
        'redis-url',
      ].sort(),
    );
    expect(readFileSync(server.file('secrets/production/database-url'), 'utf8')).toBe('postgres://elsewhere\n');
  });

  it('DP-10 only the newest backups stay, and BACKUP_HOOK gets the new one', async () => {
    await deploy('1.0.0');
    mkdirSync(server.file('backups/production'), { recursive: true });
    for (const year of [2021, 2022, 2023]) {
      writeFileSync(server.file(`backups/production/${year}-01-01T00-00-00Z.dump`), 'PGDMP');
    }
    server.set('BACKUP_KEEP', '2');
    server.set('BACKUP_HOOK', 'cp "$BACKUP_FILE" elsewhere');
    await deploy('1.1.0');
    const left = readdirSync(server.file('backups/production')).sort();
    expect(left).toEqual(['2023-01-01T00-00-00Z.dump', expect.stringMatching(/^20\d\d-.*\.dump$/)]);
    expect(readFileSync(server.file('elsewhere'), 'latin1')).toBe('PGDMP\x01\x00\r\n\xff');
  });

  it('DP-10 waits for a new version that takes its time', async () => {
    server.tell('state', 'running 0 starting');
    server.tell('slow', '');
    await deploy('1.0.0');
    for (const container of server.containers('backend')) expect(container).toContain('running 0 healthy');
  });

  it('DP-10 variables of the shell do not win over the file', async () => {
    const run = await server.run(['production'], { IMAGE_TAG: 'other', PUBLIC_URL: 'https://other.test' });
    expect(run.code).toBe(0);
    const calls = run.calls.filter(({ step }) => step !== 'check tools').map(({ call }) => call);
    expect(calls.filter((call) => call.includes('other'))).toEqual([]);
    expect(run.output).toContain('production at https://auth.acme.test');
  });

  it('DP-10 a file .env that somebody made is left, and said', async () => {
    writeFileSync(server.file('.env'), 'MINE=1\n');
    const run = await deploy('1.0.0');
    expect(run.output).toContain(
      '.env is a file of its own: add --env-file .env.production to plain docker compose calls',
    );
    expect(lstatSync(server.file('.env')).isSymbolicLink()).toBe(false);
    expect(readFileSync(server.file('.env'), 'utf8')).toBe('MINE=1\n');
  });

  it('DP-10 staging beside production: its own names, and a link to production stays', async () => {
    const other = makeServer(script, 'staging');
    try {
      other.configure();
      writeFileSync(other.file('.env.production'), '');
      const run = await other.run(['--yes', 'staging']);
      expect(run).toMatchObject({ code: 0, errors: '' });
      expect(changes(run)['check port']?.at(-1)).toContain('--publish 127.0.0.1:8081:8080');
      expect(run.calls.some(({ call }) => call.includes('production'))).toBe(false);
      expect(readlinkSync(other.file('.env'))).toBe('.env.staging');
    } finally {
      other.remove();
    }
  });
});
