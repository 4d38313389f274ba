// What goes wrong: one clear message, the version before still serving, nothing half done.
import { rmSync, unlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeEach, expectChanges, expectEnd, makeServer, type Server } from './test-deploy.ts';

describeEach((script) => {
  let server: Server;

  beforeEach(() => {
    server = makeServer(script);
    server.configure();
  });
  afterEach(() => server.remove());

  it.each([[[]], [['--dry-run']], [['production', '--fast']], [['production', 'staging']], [['Production']]])(
    'DP-10 wrong usage %j: exit code 2, and how it is used',
    async (args) => {
      const run = await server.run(args);
      expect(run).toMatchObject({ code: 2, output: '', calls: [] });
      expect(run.errors).toContain(`${script.file} production --rollback`);
    },
  );

  it('DP-10 --help says the options', async () => {
    const run = await server.run(['--help']);
    expect(run).toMatchObject({ code: 0, errors: '', calls: [] });
    for (const option of ['--dry-run', '--rollback', '--status', '--force', '--yes']) {
      expect(run.output).toContain(option);
    }
    expect(run.output).toContain('Exit codes:');
  });

  describe('before anything runs', () => {
    /** Refused without a change: no call that makes one, no file. */
    async function expectRefusal(code: number, message: string, step: string) {
      const before = server.snapshot();
      const run = await server.run(['production']);
      expectEnd(run, code, message, step);
      expectChanges(run, {});
      expect(server.snapshot()).toEqual(before);
      return run;
    }

    it('DP-10 no environment file', async () => {
      unlinkSync(server.file('.env.production'));
      await expectRefusal(
        78,
        'There is no .env.production: cp .env.production.example .env.production, and fill in what says REQUIRED.',
        'check environment',
      );
    });

    const required = 'PUBLIC_URL CORS_ORIGINS COMPOSE_PROJECT_NAME ENV_FILE SECRETS_DIR IMAGE_TAG SUBNET HTTP_PORT';

    it('DP-10 all required variables missing or empty: each is named, in one message', async () => {
      const names = required.split(' ');
      for (const [index, name] of names.entries()) server.set(name, [undefined, '', '""', '  '][index % 4]);
      const run = await expectRefusal(78, '.env.production cannot be used; nothing was changed:', 'check environment');
      expect(run.errors.split('\n').filter((line) => line.startsWith('  - '))).toEqual(
        names.map((name) => `  - ${name} is missing or empty.`),
      );
    });

    it('DP-02 the example as it is, and values of examples: refused, each named', async () => {
      server.set('PUBLIC_URL', '');
      server.set('CORS_ORIGINS', 'https://app.Example.com');
      server.set('METRICS_TOKEN', '"change-me"');
      server.set('SMTP_PASSWORD', 'YOUR_PASSWORD');
      server.set('ENV_FILE', '.env.staging');
      const run = await expectRefusal(78, '.env.production cannot be used; nothing was changed:', 'check environment');
      expect(run.errors).toContain(
        [
          '  - PUBLIC_URL is missing or empty.',
          '  - CORS_ORIGINS still has a value of an example: https://app.Example.com',
          '  - METRICS_TOKEN still has a value of an example: change-me',
          '  - SMTP_PASSWORD still has a value of an example: YOUR_PASSWORD',
          '  - ENV_FILE has to be .env.production.',
        ].join('\n'),
      );
    });

    it('DP-10 no Docker engine, and a Compose that is too old', async () => {
      server.fail('info', 1);
      await expectRefusal(
        1,
        'The Docker engine does not answer. Is it running, and may this user use it (group docker)?',
        'check tools',
      );
      server.fail('none');
      const run = await server.run(['production'], { STUB_COMPOSE_VERSION: 'v2.9.1' });
      expectEnd(run, 1, 'docker compose is 2.9.1; 2.24 or newer is needed.', 'check tools');
    });

    it('DP-10 a secret is missing although the database was made with one', async () => {
      await server.run(['production']);
      rmSync(server.file('secrets/production/database-password'));
      await expectRefusal(
        78,
        './secrets/production/database-password is missing, but the database was made with one: ' +
          'put the former file back. Nothing was changed.',
        'make secrets',
      );
    });

    it('DP-10 a database elsewhere whose address nobody gave', async () => {
      server.set('COMPOSE_PROFILES', 'other');
      await expectRefusal(
        78,
        './secrets/production/database-url is missing: write the address of your database into it (docs/DEPLOYMENT.md).',
        'make secrets',
      );
    });

    it('DP-10 nothing to go back to', async () => {
      const run = await server.run(['production', '--rollback']);
      expectEnd(run, 1, 'There is no former release to go back to. Nothing was changed.');
      expectChanges(run, {});
    });
  });

  it('DP-10 the port is in use', async () => {
    server.fail('run --rm --publish *');
    const run = await server.run(['production']);
    expectEnd(
      run,
      78,
      '127.0.0.1:8080 is in use, or no address of this machine: stop what uses it, or change HTTP_BIND and HTTP_PORT ' +
        'in .env.production. Nothing was changed.',
      'check port',
    );
    expect(server.snapshot().containers).toEqual({});
  });
});
