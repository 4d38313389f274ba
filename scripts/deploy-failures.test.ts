// What goes wrong while a version runs: one clear message, that version still serving, nothing half done.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { changes, deployFirst, describeEach, expectChanges, expectEnd, isChange } from './test-deploy.ts';
import { makeServer, type Server } from './test-deploy.ts';

describeEach((script) => {
  let server: Server;

  let before: ReturnType<Server['snapshot']>;

  beforeEach(async () => {
    server = makeServer(script);
    before = await deployFirst(server);
  });

  afterEach(() => server.remove());

  /** The containers and the images that have a name are those of before, but for the one that was built. */
  function expectOldVersion() {
    const { containers, images, files } = server.snapshot();
    expect(containers).toEqual(before.containers);
    const lasting = Object.entries(images).filter(([name]) => !name.endsWith('-next'));
    expect(Object.fromEntries(lasting)).toEqual(before.images);
    expect(files.filter((name) => name.endsWith('.part'))).toEqual([]);
  }

  const later = ['migrate database', 'publish assets', 'start beside', 'switch proxy', 'stop former'];

  it.each([
    [
      'compose build *',
      1,
      1,
      'build images',
      'The images cannot be built (see above; a full disk?). The version before still serves.',
    ],
    [
      'compose run * config check',
      78,
      78,
      'check configuration',
      'The configuration is not valid (see above). The version before still serves.',
    ],
    [
      'compose run * config check',
      125,
      1,
      'check configuration',
      'The configuration cannot be checked (see above; does another network use SUBNET?). The version before still serves.',
    ],
    [
      'compose up * redis postgres',
      1,
      1,
      'start databases',
      'The databases do not start: docker logs of redis postgres say why. The version before still serves.',
    ],
    [
      'compose run * backup',
      1,
      1,
      'back up database',
      'The database cannot be backed up (see above; a full disk?). Nothing was migrated, the version before still serves.',
    ],
    [
      'compose run * migrate',
      69,
      1,
      'migrate database',
      'The database cannot be migrated (see above). The version before still serves; a migration that was interrupted can be repeated.',
    ],
    [
      'compose run * assets publish-assets copy',
      1,
      1,
      'publish assets',
      'The assets of the pages cannot be published (see above; a full disk?). The version before still serves.',
    ],
  ])('DP-10 %s fails with %i', async (pattern, code, expected, step, message) => {
    server.fail(pattern, code, 'why: no space left on device');
    const run = await server.run(['production']);
    expect(run.errors).toContain('why: no space left on device');
    expectEnd(run, expected, message, step);
    expectOldVersion();
    for (const name of later.slice(later.indexOf(step) + 1)) expect(run.steps).not.toContain(name);
  });

  it('DP-10 a backup that is cut short, or not there, is none', async () => {
    server.tell('dump', 'PG');
    const run = await server.run(['production']);
    expectEnd(
      run,
      1,
      'The database cannot be backed up (see above; a full disk?). Nothing was migrated, the version before still serves.',
      'back up database',
    );
    expect(readdirSync(server.file('backups/production'))).toEqual([]);
    expectOldVersion();
  });

  it('DP-10 a folder for backups that cannot be made', async () => {
    writeFileSync(server.file('backups'), 'a file');
    const run = await server.run(['production']);
    expect(run.code).toBe(1);
    expect(run.errors).toContain('deploy: The database cannot be backed up');
    expect(run.calls.some(({ call }) => call.endsWith(' backup'))).toBe(false);
    expectOldVersion();
  });

  it('DP-10 BACKUP_HOOK fails: not migrated, the backup stays', async () => {
    server.set('BACKUP_HOOK', 'exit 3');
    const run = await server.run(['production']);
    expectEnd(
      run,
      1,
      'BACKUP_HOOK failed: the backup is on this machine only. Nothing was migrated, the version before still serves.',
      'back up database',
    );
    expect(run.steps).not.toContain('migrate database');
    expect(readdirSync(server.file('backups/production'))).toHaveLength(1);
  });

  it('DP-10 another PUBLIC_URL than the proxy that runs knows', async () => {
    server.set('PUBLIC_URL', 'https://other.acme.test');
    const run = await server.run(['production']);
    expectEnd(
      run,
      78,
      'PUBLIC_URL was https://auth.acme.test, and the proxy that runs knows no other. To change it, which interrupts ' +
        'the site for some seconds: docker compose --env-file .env.production -f docker-compose.yml ' +
        '-f docker-compose.prod.yml up -d',
      'check port',
    );
    expectChanges(run, {});
  });

  it('DP-10 one of the ready-made images is not named', async () => {
    server.set('BACKEND_IMAGE', 'ready-backend:1.5.0');
    const run = await server.run(['production']);
    expectEnd(run, 78, 'FRONTEND_IMAGE is missing: give both images, or none to build them here.', 'build images');
    expectOldVersion();
  });

  const putBack = [
    'tag sha256:backend-1.0.0 gatehouse-backend:production',
    'rm --force c1008',
    'rm --force c1007',
    'tag sha256:frontend-1.0.0 gatehouse-frontend:production',
    'rm --force c1009',
    'compose rm --force migrate assets nginx-conf',
  ];
  const nginxConf = 'IMAGE_TAG=production-next compose run --rm --no-deps -T --label gatehouse.deploy=step nginx-conf';
  const toFormer = [
    `${nginxConf} publish-nginx-conf back`,
    'compose exec -T proxy sh /etc/gatehouse/replicas.sh use 30 ' +
      'backend=gatehouse-production-backend-4,gatehouse-production-backend-3 frontend=gatehouse-production-frontend-5',
  ];

  it.each(['running 0 unhealthy', 'running 0 starting', 'exited 0 starting', 'running 3 starting'])(
    'DP-10 the new version is %s: its last lines are shown, and it is taken away',
    async (state) => {
      server.tell('state', state);
      const run = await server.run(['production'], { DEPLOY_READY_SECONDS: '0' });
      expect(run.errors).toContain(
        `deploy: backend did not become ready (${state}). Its last lines:\n    | the server says why\n`,
      );
      expectEnd(
        run,
        1,
        'The new version does not become ready. It is taken away; the version before still serves.',
        'wait until ready',
      );
      expect(changes(run)['wait until ready']).toEqual(putBack);
      expectOldVersion();
    },
  );

  it('DP-10 the containers cannot be started', async () => {
    server.fail('compose up * backend frontend');
    const run = await server.run(['production']);
    expectEnd(run, 1, 'New containers cannot be started (see above).', 'start beside');
    expectOldVersion();
  });

  it('DP-10 the proxy cannot be told: it is told of the old ones, and the new ones go', async () => {
    server.fail('compose exec * use 30 *backend-8*');
    const run = await server.run(['production']);
    expectEnd(run, 1, 'The proxy cannot be told of the new version (see above).', 'switch proxy');
    expect(changes(run)['switch proxy']?.slice(2)).toEqual([...toFormer, ...putBack]);
    expectOldVersion();
  });

  it('DP-10 the site answers 502: the proxy goes back to the old ones before the new ones go', async () => {
    server.tell('site', '502');
    const run = await server.run(['production']);
    expectEnd(run, 1, 'The site answers /readyz with 502 instead of 200 (round 1).', 'check site');
    expect(changes(run)['check site']?.slice(1)).toEqual([...toFormer, ...putBack]);
    expectOldVersion();
  });

  it('DP-10 a proxy that refuses its configuration, where nothing else has changed', async () => {
    server.tell('version', '1.0.0\n');
    server.fail('compose exec -T proxy sh * reload');
    const run = await server.run(['production']);
    expectEnd(run, 1, 'The proxy refuses nginx.conf (see above).', 'switch proxy');
    expectOldVersion();
  });

  const signals = script.file === 'deploy.sh' ? (['SIGINT', 'SIGTERM', 'SIGHUP'] as const) : (['SIGINT'] as const);

  it.each(signals)('DP-10 %s in the middle of the roll: the old version is put back', async (signal) => {
    server.hold('compose exec -T proxy curl *');
    const deploying = server.start(['production']);
    await server.isHeld();
    deploying.signal(signal);
    const run = await deploying.ended;
    expectEnd(run, 130, 'Interrupted.', 'check site');
    expect(changes(run)['check site']?.slice(1)).toEqual([...toFormer, ...putBack]);
    expectOldVersion();
  });

  it('DP-10 Ctrl-C in the middle of the backup: no half of a file, no container left', async () => {
    server.hold('compose run * backup');
    const deploying = server.start(['production']);
    await server.isHeld();
    deploying.signal('SIGINT');
    const run = await deploying.ended;
    expect(run.code).toBe(130);
    expect(run.calls.map(({ call }) => call)).toContain('rm --force c9000');
    expect(readdirSync(server.file('backups/production'))).toEqual([]);
    expectOldVersion();
  });

  it('DP-10 a second deploy at the same time: exit code 75, and the first one goes on', async () => {
    server.hold('compose up *');
    const deploying = server.start(['production']);
    await server.isHeld();
    const run = await server.run(['production', '--force']);
    expectEnd(
      run,
      75,
      'Another deploy is running on this server. Wait until it has ended; nothing was changed.',
      'take lock',
    );
    expect(run.calls.filter(({ call }) => isChange(call))).toEqual([]);
    server.letGo();
    expect((await deploying.ended).code).toBe(0);
    expect((await server.run(['production'])).code).toBe(0);
  });

  it('DP-10 after each failure the next deploy succeeds', async () => {
    server.tell('site', '502');
    expect((await server.run(['production'])).code).toBe(1);
    server.tell('site', '200');
    expect((await server.run(['production'])).code).toBe(0);
    expect(server.images()['gatehouse-backend:production-previous']).toBe('sha256:backend-1.0.0');
    expect(server.containers('backend').map((text) => text.split(' ')[1])).toEqual(
      Array(2).fill('sha256:backend-1.1.0'),
    );
  });

  it('DP-10 what a first deploy began is taken away where it fails', async () => {
    const empty = makeServer(script);
    try {
      empty.configure();
      empty.tell('site', '502');
      const run = await empty.run(['production']);
      expectEnd(run, 1, 'The site answers /readyz with 502 instead of 200 (round 1).', 'check site');
      expect(empty.containers('backend')).toEqual([]);
      expect(empty.containers('frontend')).toEqual([]);
      expect(empty.containers('postgres')).toHaveLength(1);
      expect(existsSync(empty.file('secrets/production/app-secret'))).toBe(true);
    } finally {
      empty.remove();
    }
  });
});
