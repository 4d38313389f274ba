// How a deploy brings nginx.conf to the proxy: a test by the proxy before anything else changes, one step with the switch, and back
// with whatever is put back. Also from and to a release whose proxy has the checkout's folder nginx/ mounted.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { root } from './runtime.js';
import { changes, deployFirst, describeEach, expectEnd, makeServer, type Server } from './test-deploy.ts';

const publish = (word: string) =>
  `IMAGE_TAG=production-next compose run --rm --no-deps -T --label gatehouse.deploy=step nginx-conf publish-nginx-conf ${word}`;

describeEach((script) => {
  let server: Server;
  let before: ReturnType<Server['snapshot']>;

  beforeEach(async () => {
    server = makeServer(script);
    before = await deployFirst(server);
  });
  afterEach(() => server.remove());

  const calls = (run: Awaited<ReturnType<Server['run']>>) => run.calls.map(({ call }) => call);
  const untilDatabases = [
    'check tools',
    'take lock',
    'check environment',
    'make secrets',
    'check port',
    'build images',
  ];

  it.each([
    [
      'compose run * publish-nginx-conf copy',
      'nginx.conf cannot be copied into its volume (see above; a full disk?). The version before still serves.',
    ],
    ['compose exec -T proxy sh * test', 'The proxy refuses nginx.conf (see above). The version before still serves.'],
  ])('DP-10 %s fails: the deploy ends before anything else changes', async (pattern, message) => {
    server.fail(pattern, 1, 'why: unknown directive');
    const run = await server.run(['production']);
    expect(run.errors).toContain('why: unknown directive');
    expectEnd(run, 1, message, 'copy nginx conf');
    expect(run.steps).toEqual([...untilDatabases, 'check configuration', 'compare releases', 'copy nginx conf']);
    expect(calls(run)).not.toContain(publish('use'));
    expect(server.snapshot().containers).toEqual(before.containers);
  });

  it('DP-10 it cannot be put in force: the one before is, requests go where they went, and the new containers go', async () => {
    server.fail('compose run * publish-nginx-conf use');
    const run = await server.run(['production']);
    expectEnd(run, 1, 'nginx.conf cannot be put in force (see above).', 'switch proxy');
    expect(changes(run)['switch proxy']?.slice(0, 3)).toEqual([
      publish('use'),
      publish('back'),
      expect.stringMatching(/replicas\.sh use 30 backend=\S*-backend-4,\S*-backend-3 frontend=\S*-frontend-5$/),
    ]);
    expect(server.snapshot().containers).toEqual(before.containers);
  });

  it('DP-10 what fails before the switch leaves nothing to take back', async () => {
    server.fail('compose run * migrate');
    const run = await server.run(['production']);
    expect(run.code).toBe(1);
    expect(calls(run).filter((call) => call.includes('publish-nginx-conf'))).toEqual([publish('copy')]);
  });

  const tested =
    'compose run --rm --no-deps -T --label gatehouse.deploy=step proxy sh /etc/gatehouse/next/start-proxy.sh check';
  const awaited = 'compose up --detach --no-deps --no-recreate --no-build --wait --wait-timeout 60 proxy';

  /** What the engine says of the proxy instead of "running 0 healthy". */
  function setProxy(state: string): string {
    const [proxy = '', text = ''] =
      Object.entries(before.containers).find(([, text]) => text.startsWith('proxy ')) ?? [];
    server.tell(`containers/${proxy}`, `${text.replace('running 0 healthy', state)}\n`);
    return proxy;
  }

  it.each(['exited 0 unhealthy', 'restarting 7 starting', 'running 7 starting'])(
    'DP-10 a proxy that is down (%s) cannot test: one that is made for it does, and it starts with the new one in force',
    async (state) => {
      const proxy = setProxy(state);
      const run = await server.run(['production']);
      expect(run).toMatchObject({ code: 0, errors: '' });
      expect(changes(run)['copy nginx conf']).toEqual([publish('copy'), tested]);
      expect(changes(run)['switch proxy']?.slice(0, 4)).toEqual([
        publish('use'),
        `restart ${proxy}`,
        awaited,
        expect.stringContaining('replicas.sh use 30 '),
      ]);
    },
  );

  it('DP-10 a proxy that is down is mended although nothing has changed', async () => {
    server.tell('version', '1.0.0\n');
    const proxy = setProxy('exited 0 unhealthy');
    const run = await server.run(['production']);
    expect(run).toMatchObject({ code: 0, errors: '' });
    expect(run.output).toContain('everything runs as it should already');
    expect(changes(run)['copy nginx conf']).toEqual([publish('copy'), tested]);
    expect(changes(run)['switch proxy']?.slice(0, 3)).toEqual([publish('use'), `restart ${proxy}`, awaited]);
    expect(changes(run)['start beside']).toBeUndefined();
  });

  it('DP-10 one that is refused for a proxy that is down is not in force, nor is the proxy started with it', async () => {
    setProxy('exited 0 unhealthy');
    server.fail('compose run * proxy sh * check', 78, 'gatehouse proxy: nginx.conf: unknown directive');
    const run = await server.run(['production']);
    expectEnd(run, 1, 'The proxy refuses nginx.conf (see above). The version before still serves.', 'copy nginx conf');
    expect(run.errors).toContain('unknown directive');
    expect(calls(run).filter((call) => /publish-nginx-conf use|^restart /.test(call))).toEqual([]);
  });

  it('DP-10 a proxy that does not become healthy: what was put back is in force', async () => {
    setProxy('exited 0 unhealthy');
    server.fail('compose up * proxy');
    const run = await server.run(['production']);
    expectEnd(run, 1, 'The proxy does not start (see above).', 'switch proxy');
    expect(calls(run).filter((call) => call.includes('publish-nginx-conf'))).toEqual(
      ['copy', 'use', 'back'].map(publish),
    );
  });

  const copied = 'the proxy was made by an earlier release and reads the folder nginx/: nginx.conf is copied there';
  const mounted = () => server.file('nginx/nginx.conf');

  it('DP-10 a proxy that has nginx/ mounted goes on: it finds nginx.conf there, whatever happens next', async () => {
    server.tell('mounts', 'bind /etc/gatehouse volume /var/cache/nginx \n');
    server.tell('diverged', 'gatehouse-production-proxy-6\n');
    const planned = await server.run(['production', '--dry-run']);
    expect(planned.output).toContain(copied);
    expect(existsSync(mounted())).toBe(false);

    server.fail('compose build *');
    expect((await server.run(['production'])).code).toBe(1);
    expect(readFileSync(mounted(), 'utf8')).toBe(readFileSync(path.join(root, 'nginx.conf'), 'utf8'));

    server.tell('faults', '');
    writeFileSync(mounted(), 'of an earlier release');
    const run = await server.run(['production']);
    expect(run).toMatchObject({ code: 0, errors: '' });
    expect(readFileSync(mounted(), 'utf8')).toBe(readFileSync(path.join(root, 'nginx.conf'), 'utf8'));
    // The operator chooses when it is made anew.
    expect(calls(run).filter((call) => /^compose up .* proxy$|^(stop|rm) .*c1006/.test(call))).toEqual([]);
    expect(run.output).toContain('gatehouse-production-proxy-6 runs with former settings.');

    const back = await server.run(['production', '--rollback']);
    expect(back).toMatchObject({ code: 0, output: expect.stringContaining(copied) as string });
  });

  it.each(['compose exec -T proxy sh * test', 'compose exec -T proxy curl *'])(
    'DP-10 %s fails for a proxy that has nginx/ mounted: what it read before is there again',
    async (pattern) => {
      server.tell('mounts', 'bind /etc/gatehouse volume /var/cache/nginx \n');
      writeFileSync(mounted(), 'of an earlier release');
      server.fail(pattern);
      for (const turn of [1, 2]) {
        expect((await server.run(['production'])).code, `${turn}`).toBe(1);
        expect(readFileSync(mounted(), 'utf8')).toBe('of an earlier release');
        expect(existsSync(`${mounted()}.former`)).toBe(false);
      }
    },
  );

  it('DP-10 a deploy that is killed leaves what a proxy that has nginx/ mounted read before: the next one restores it', async () => {
    server.tell('mounts', 'bind /etc/gatehouse volume /var/cache/nginx \n');
    writeFileSync(mounted(), 'of an earlier release');
    server.hold('compose exec -T proxy sh /etc/gatehouse/replicas.sh test');
    const killed = server.start(['production']);
    await server.isHeld();
    killed.signal('SIGKILL');
    await killed.ended;
    expect(readFileSync(`${mounted()}.former`, 'utf8')).toBe('of an earlier release');
    server.fail('compose exec -T proxy sh * test');
    expect((await server.run(['production'])).code).toBe(1);
    expect(readFileSync(mounted(), 'utf8')).toBe('of an earlier release');
    server.tell('faults', '');
    expect((await server.run(['production'])).code).toBe(0);
    expect(readFileSync(mounted(), 'utf8')).toBe(readFileSync(path.join(root, 'nginx.conf'), 'utf8'));
    expect(existsSync(`${mounted()}.former`)).toBe(false);
  });

  it('DP-10 a proxy that has its volume needs no copy in the checkout', async () => {
    const run = await server.run(['production']);
    expect(run.output).not.toContain(copied);
    expect(existsSync(mounted())).toBe(false);
  });

  it('DP-10 back to a release that has no nginx.conf in its image: the one in force stays, and that is said', async () => {
    await server.run(['production']);
    server.tell('bare', '');
    const run = await server.run(['production', '--rollback']);
    expect(run).toMatchObject({ code: 0, errors: '' });
    expect(run.output).toContain('this release has no nginx.conf in its image: the one in force stays.');
    expect(calls(run).filter((call) => call.includes('nginx-conf publish'))).toEqual([]);
    server.tell('site', '502');
    const failed = await server.run(['production']);
    expect(failed.code).toBe(1);
    expect(calls(failed).filter((call) => call.includes('nginx-conf publish'))).toEqual([]);
  });
});
