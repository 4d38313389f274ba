// What deploy.sh and deploy.ps1 do, call by call, on an engine that is played by scripts/test-docker-stub.sh.
import { existsSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { reportPart } from '../src/testing/parts.ts';
import {
  bashVersion,
  changes,
  describeEach,
  expectChanges,
  isChange,
  makeServer,
  powerShellVersion,
  stepsOf,
  type Server,
} from './test-deploy.ts';

reportPart('bash with flock', bashVersion);
reportPart('PowerShell', powerShellVersion);

const nginx = 'nginxinc/nginx-unprivileged:stable';
const oneShot = 'IMAGE_TAG=production-next compose run --rm --no-deps -T --label gatehouse.deploy=step';
const testOfProxy =
  'compose run --rm --no-deps -T --label gatehouse.deploy=step proxy sh /etc/gatehouse/next/start-proxy.sh check';
const site = ['/readyz', '/api/auth/options', '/'].map(
  (page) =>
    'compose exec -T proxy curl --silent --show-error --max-time 10 --output /dev/null --write-out %{http_code} ' +
    `--header Host: auth.acme.test --header X-Forwarded-Proto: https http://127.0.0.1:8080${page}`,
);
const cleaning = [
  'rmi gatehouse-backend:production-next',
  'rmi gatehouse-frontend:production-next',
  'image prune --force --filter label=org.opencontainers.image.title=Gatehouse server',
  'image prune --force --filter label=org.opencontainers.image.title=Gatehouse pages',
];
const useReplicas = (backend: number[], frontend: number[]) =>
  'compose exec -T proxy sh /etc/gatehouse/replicas.sh use 30 ' +
  `backend=${backend.map((number) => `gatehouse-production-backend-${number}`).join(',')} ` +
  `frontend=${frontend.map((number) => `gatehouse-production-frontend-${number}`).join(',')}`;

const build = 'IMAGE_TAG=production-next compose build --quiet --pull backend frontend';
const nginxConf = (word: string) => `${oneShot} nginx-conf publish-nginx-conf ${word}`;
const copyNginxConf = [nginxConf('copy'), 'compose exec -T proxy sh /etc/gatehouse/replicas.sh test'];
const startDatabases = 'compose up --detach --no-recreate --wait --wait-timeout 120 redis postgres';

/** The calls of every step of a roll that replaces both services. */
function roll(former: { backend: number[]; frontend: number[] }, fresh: typeof former) {
  const [backend, frontend] = [former.backend.length + 2, former.frontend.length + 1];
  const old = [...former.backend, ...former.frontend].map((number) => `c${1000 + number}`).join(' ');
  return {
    'publish assets': [`${oneShot} assets publish-assets copy`],
    'start beside': [
      'tag gatehouse-backend:production-next gatehouse-backend:production',
      'tag gatehouse-frontend:production-next gatehouse-frontend:production',
      'compose rm --force migrate assets nginx-conf',
      `compose up --detach --no-recreate --no-build --scale backend=${backend} --scale frontend=${frontend} backend frontend`,
    ],
    'switch proxy': [nginxConf('use'), useReplicas(fresh.backend, fresh.frontend)],
    'check site': [...site, ...site, ...site],
    'stop former': [
      ...(old === '' ? [] : [`stop --time 60 ${old}`, `rm --force ${old}`]),
      'compose run --rm --no-deps -T --label gatehouse.deploy=step assets publish-assets record',
    ],
  };
}

// A first deploy makes redis, postgres, two servers, the pages and the proxy, in this order. Docker names the newest first.
const first = { backend: [4, 3], frontend: [5] };
const second = { backend: [8, 7], frontend: [9] };

describeEach((script) => {
  let server: Server;

  beforeEach(() => {
    server = makeServer(script);
    server.configure();
  });
  afterEach(() => server.remove());

  async function deploy(version: string, args: string[] = []) {
    server.tell('version', `${version}\n`);
    const run = await server.run(['production', ...args]);
    expect(run.errors).toBe('');
    expect(run.code).toBe(0);
    return run;
  }

  it('DP-10 a first deploy: every step with its calls, secrets that only the owner reaches, nothing to back up', async () => {
    const run = await deploy('1.0.0');
    expect(run.steps).toEqual(stepsOf('DEPLOY_STEPS'));
    const calls = roll({ backend: [], frontend: [] }, first);
    expectChanges(run, {
      'check port': [`pull --quiet ${nginx}`, `run --rm --publish 127.0.0.1:8080:8080 --entrypoint true ${nginx}`],
      'build images': [build],
      'check configuration': [`${oneShot} migrate gatehouse config check`],
      // By the Nginx of a proxy that is made for it.
      'copy nginx conf': [nginxConf('copy'), testOfProxy],
      'start databases': [startDatabases],
      'migrate database': [`${oneShot} migrate`],
      ...calls,
      'switch proxy': calls['switch proxy'].toSpliced(
        1,
        0,
        'compose up --detach --scale backend=2 --scale frontend=1 --no-recreate --no-build --wait --wait-timeout 60 proxy',
      ),
      'remove old images': cleaning,
    });
    expect(server.containers('backend')).toHaveLength(2);
    expect(statSync(server.file('secrets/production')).mode & 0o777).toBe(0o700);
    const secret = (name: string) => readFileSync(server.file(`secrets/production/${name}`), 'utf8').trim();
    const made = ['app-secret', 'redis-password', 'database-owner-password', 'database-password'].map(secret);
    for (const value of made) expect(value).toMatch(/^[A-Za-z0-9_-]{48}$/);
    expect(new Set(made).size).toBe(4);
    expect(secret('database-url')).toBe(
      `postgres://gatehouse_server:${secret('database-password')}@postgres:5432/gatehouse`,
    );
    expect(secret('database-migration-url')).toBe(
      `postgres://gatehouse:${secret('database-owner-password')}@postgres:5432/gatehouse`,
    );
    expect(secret('redis-url')).toBe(`redis://:${secret('redis-password')}@redis:6379`);
    expect(secret('app-secret-previous')).toBe('');
    expect(statSync(server.file('secrets/production/app-secret')).mode & 0o777).toBe(0o444);
    expect(existsSync(server.file('backups'))).toBe(false);
    expect(readlinkSync(server.file('.env'))).toBe('.env.production');
    expect(run.output).toContain('production at https://auth.acme.test, listening on 127.0.0.1:8080');
    expect(run.output).toContain('gatehouse-production-backend-3: running, healthy, version 1.0.0');
    for (const value of made) expect(run.output + run.errors).not.toContain(value);
  });

  it('DP-10 a second deploy without a change: builds and looks, and leaves everything as it was', async () => {
    await deploy('1.0.0');
    const before = server.snapshot();
    const run = await deploy('1.0.0');
    expect(run.output).toContain('everything runs as it should already');
    // None of these makes another container, takes another image, or touches a request.
    expectChanges(run, {
      'build images': [build],
      'check configuration': [`${oneShot} migrate gatehouse config check`],
      'start databases': [startDatabases],
      'switch proxy': ['compose exec -T proxy sh /etc/gatehouse/replicas.sh reload'],
      'check site': [...site, ...site, ...site],
      'remove old images': cleaning,
    });
    expect(server.snapshot()).toEqual(before);
  });

  it('DP-10 a new version: backup, migration and roll, in this order; the last three releases stay', async () => {
    await deploy('1.0.0');
    const run = await deploy('1.1.0');
    expect(run.steps).toEqual(stepsOf('DEPLOY_STEPS'));
    expectChanges(run, {
      'build images': [build],
      'check configuration': [`${oneShot} migrate gatehouse config check`],
      'copy nginx conf': copyNginxConf,
      'start databases': [startDatabases],
      'back up database': ['compose run --rm --no-deps -T --label gatehouse.deploy=step backup'],
      'migrate database': [`${oneShot} migrate`],
      ...roll(first, second),
      'record release': [
        'tag sha256:backend-1.0.0 gatehouse-backend:production-previous',
        'tag sha256:frontend-1.0.0 gatehouse-frontend:production-previous',
      ],
      'remove old images': cleaning,
    });
    const [backup, ...others] = readdirSync(server.file('backups/production'));
    expect(backup).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.dump$/);
    expect(others).toEqual([]);
    expect(readFileSync(server.file(`backups/production/${backup}`)).toString('latin1')).toBe('PGDMP\x01\x00\r\n\xff');
    expect(statSync(server.file('backups/production')).mode & 0o777).toBe(0o700);
    expect(run.output).toContain('can go back to: 1.0.0');
    await deploy('1.2.0');
    const { [nginx.replace('/', '_')]: _, ...images } = server.images();
    expect(images).toEqual(
      Object.fromEntries(
        ['backend', 'frontend'].flatMap((name) => [
          [`gatehouse-${name}:production`, `sha256:${name}-1.2.0`],
          [`gatehouse-${name}:production-previous`, `sha256:${name}-1.1.0`],
          [`gatehouse-${name}:production-previous-2`, `sha256:${name}-1.0.0`],
        ]),
      ),
    );
  });

  it('DP-10 only what has changed is replaced: a server whose settings have changed, its pages not', async () => {
    await deploy('1.0.0');
    server.tell('diverged', 'gatehouse-production-backend-3\ngatehouse-production-redis-1\n');
    const run = await deploy('1.0.0');
    expect(run.output).toContain('to change: backend\n');
    expect(changes(run)['start beside']).toEqual([
      'tag gatehouse-backend:production-next gatehouse-backend:production',
      'compose rm --force migrate assets nginx-conf',
      'compose up --detach --no-recreate --no-build --scale backend=4 --scale frontend=1 backend frontend',
    ]);
    expect(changes(run)['stop former']).toContain('rm --force c1004 c1003');
    expect(run.output).toContain('gatehouse-production-redis-1 runs with former settings.');
    expect(server.images()).not.toHaveProperty('gatehouse-backend:production-previous');
  });

  it('DP-10 --force makes new containers although nothing has changed, and keeps the release to go back to', async () => {
    await deploy('1.0.0');
    await deploy('1.1.0');
    const images = server.images();
    const run = await deploy('1.1.0', ['--force']);
    expect(run.output).toContain('to change: backend frontend\n');
    expect(changes(run)['stop former']).toContain('rm --force c1008 c1007 c1009');
    expect(server.images()).toEqual(images);
  });

  it('DP-10 --rollback goes back to the release before, with the same care and without a build or a migration', async () => {
    await deploy('1.0.0');
    await deploy('1.1.0');
    const run = await deploy('1.2.0', ['--rollback']);
    expect(run.steps).toEqual(stepsOf('ROLLBACK_STEPS'));
    expect(run.output).toContain('going back to 1.0.0');
    const third = { backend: [11, 10], frontend: [12] };
    expectChanges(run, {
      'choose former': [
        'tag gatehouse-backend:production-previous gatehouse-backend:production-next',
        'tag gatehouse-frontend:production-previous gatehouse-frontend:production-next',
      ],
      'check configuration': [`${oneShot} migrate gatehouse config check`],
      'copy nginx conf': copyNginxConf,
      ...roll(second, third),
      'record rollback': ['rmi gatehouse-backend:production-previous', 'rmi gatehouse-frontend:production-previous'],
      'remove old images': cleaning,
    });
    expect(server.containers('backend').map((text) => text.split(' ')[1])).toEqual(
      Array(2).fill('sha256:backend-1.0.0'),
    );
    const again = await server.run(['production', '--rollback']);
    expect(again.code).toBe(1);
    expect(again.errors).toContain('deploy: There is no former release to go back to. Nothing was changed.\n');
  });

  it('DP-10 --status looks and nothing else, also while a deploy runs', async () => {
    await deploy('1.0.0');
    const before = server.snapshot();
    server.hold('compose build*');
    const deploying = server.start(['production']);
    await server.isHeld();
    const run = await server.run(['production', '--status']);
    expect(run.code).toBe(0);
    expect(run.steps).toEqual(['check tools', 'check environment', 'report']);
    expectChanges(run, {});
    server.letGo();
    expect((await deploying.ended).code).toBe(0);
    expect(server.snapshot()).toEqual(before);
  });

  it('DP-10 --dry-run says each change in the words of the step that would make it, and makes none', async () => {
    await deploy('1.0.0');
    const before = server.snapshot();
    server.tell('version', '1.1.0\n');
    const run = await server.run(['production', '--dry-run']);
    expect(run).toMatchObject({ code: 0, errors: '', steps: stepsOf('DEPLOY_STEPS') });
    expect(run.calls.filter(({ call }) => isChange(call))).toEqual([]);
    expect(server.snapshot()).toEqual(before);
    const would = [...run.output.matchAll(/^ {4}would (?:run: docker )?(.*)$/gm)].map((match) => match[1]);
    expect(would).toEqual([
      'compose build --quiet --pull backend frontend',
      'compose run --rm --no-deps -T --label gatehouse.deploy=step migrate gatehouse config check',
      'compose run --rm --no-deps -T --label gatehouse.deploy=step nginx-conf publish-nginx-conf copy',
      'compose exec -T proxy sh /etc/gatehouse/replicas.sh test',
      startDatabases,
      expect.stringMatching(/^write backups\/production\/.*\.dump$/),
      'compose run --rm --no-deps -T --label gatehouse.deploy=step migrate',
      'compose run --rm --no-deps -T --label gatehouse.deploy=step assets publish-assets copy',
      ...roll(first, second)['start beside'],
      'send requests to the new backend frontend only',
      'stop --time 60 c1004 c1003 c1005',
      'rm --force c1004 c1003 c1005',
      'compose run --rm --no-deps -T --label gatehouse.deploy=step assets publish-assets record',
      'tag sha256:backend-1.0.0 gatehouse-backend:production-previous',
      'tag sha256:frontend-1.0.0 gatehouse-frontend:production-previous',
      ...cleaning.slice(2),
      'run: ln -sfn .env.production .env',
    ]);
  });

  it('DP-10 --dry-run before the first deploy makes no secret, no folder and no lock', async () => {
    const before = server.snapshot();
    const run = await server.run(['production', '--dry-run', '--yes']);
    expect(run).toMatchObject({ code: 0, errors: '' });
    expect(run.output).toContain(
      'would make in ./secrets/production: app-secret redis-password database-owner-password database-password',
    );
    expectChanges(run, {});
    expect(server.snapshot()).toEqual(before);
    expect(existsSync(server.file('lock'))).toBe(false);
  });
});
