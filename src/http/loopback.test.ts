// One rule says what is this machine: each host goes through everything that asks.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../config/index.ts';
import { parsedConfig } from '../testing/parsed-config.ts';
import { databaseState } from '../testing/database-state.ts';
import { connectFrom } from '../testing/peer.ts';
import { GOOD_PASSWORD, signUp } from '../testing/personas.ts';
import { exchange, rawRequest, sendUntilClosed } from '../testing/raw-http.ts';
import type { RawAnswer } from '../testing/raw-http.ts';
import { useApplication } from '../testing/use-application.ts';

const dataDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-loopback-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** Undefined where such a PUBLIC_URL is refused: plain http works on this machine only. */
function modeOf(publicUrl: string): string | undefined {
  try {
    return parsedConfig({ PUBLIC_URL: publicUrl, DATA_DIR: dataDir }).config.mode;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

const OURS = [
  'localhost',
  'app.localhost',
  'a.b.localhost',
  'my_app.localhost',
  '127.0.0.1',
  '127.0.0.2',
  '127.1.2.3',
  '127.255.255.254',
  '[::1]',
];

/** Not even where PUBLIC_URL names them. */
const STRANGERS = [
  '127.0.0.1.evil.example',
  '127.0.0.1.nip.io',
  'localhost.evil.example',
  'evil-localhost',
  'evillocalhost',
  'localhost.',
  'app.localhost.',
  '.localhost',
  'a..localhost',
  'xlocalhost.localhost.example',
  '1127.0.0.1',
  '128.0.0.1',
  '126.255.255.255',
  '0.0.0.0',
  '10.0.0.1',
  '192.168.1.5',
  '[::]',
  '[::2]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  'evil.example',
  '127.0.0.1@evil.example',
  'localhost:80@evil.example',
];

/** A URL may be spelt like this: parsing it gives one of ours, and nobody else sends it. */
const OTHER_SPELLINGS = [
  '127.1',
  '127.0.1',
  '0x7f.1',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '2130706433',
  '127.0.0.01',
  '127.0.0.1.',
];

/** Neither a host of a URL nor one that a browser sends. */
const NO_HOSTS = [
  '127.0.0.256',
  '127.0.0.1.1',
  '127.0.0',
  'localhost:x',
  'localhost:1:2',
  '::1',
  '[::1',
  'null',
  '*',
  '',
];

describe('in local mode', () => {
  const app = useApplication({}, async (started) => void (await signUp(started, 'ada')));

  async function ask(fields: string[], host = 'localhost:3000'): Promise<RawAnswer> {
    const [answer] = await sendUntilClosed(app().url, rawRequest('GET /api/auth/options', fields, '', host));
    return answer as RawAnswer;
  }
  const credentials = JSON.stringify({ identifier: 'ada', password: GOOD_PASSWORD, transport: 'cookie' });
  const signIn = (origin: string): Promise<RawAnswer> =>
    exchange(app(), 'POST /api/auth/login', ['Content-Type: application/json', `Origin: ${origin}`], credentials);

  it.each(OURS)('HT-15 HT-08 HT-09 %s is this machine: as PUBLIC_URL, Host, own origin, and for CORS', async (host) => {
    for (const port of ['', ':3000', ':65535']) {
      for (const scheme of ['http', 'https']) {
        const origin = `${scheme}://${host}${port}`;
        expect(modeOf(origin), origin).toBe('local');
        expect((await ask([`Origin: ${origin}`])).headers, origin).toMatchObject({
          'access-control-allow-origin': origin,
        });
        expect((await signIn(origin)).status, origin).toBe(200);
      }
      expect((await ask([], host + port)).status, host + port).toBe(200);
    }
    expect((await ask([], host.toUpperCase())).status, 'the case of a host means nothing').toBe(200);
  });

  const strangers = [...STRANGERS, ...OTHER_SPELLINGS, ...NO_HOSTS];

  it.each([...strangers, ...OURS.map((host) => `x@${host}`)])(
    'HT-15 HT-08 HT-09 %j is not: neither as Host, nor as own origin, nor for CORS',
    async (host) => {
      const before = await databaseState(app());
      for (const port of ['', ':3000']) {
        expect((await ask([], host + port)).status, 'Host').not.toBe(200);
        const origin = `http://${host}${port}`;
        expect((await ask([`Origin: ${origin}`])).headers, 'CORS').not.toHaveProperty('access-control-allow-origin');
        expect((await signIn(origin)).status, 'own origin').toBe(403);
      }
      expect(await databaseState(app())).toEqual(before);
    },
  );

  it.each([
    'null',
    'localhost',
    'http://LOCALHOST',
    'HTTP://localhost',
    'http://localhost/',
    'http://localhost:',
    'http://localhost:123456',
    'ftp://localhost',
    'file://localhost',
    'http://evil.example/http://localhost',
    'http://evil.example#.localhost',
    'http://localhost http://evil.example',
  ])('HT-08 HT-09 %j is no origin of this machine', async (origin) => {
    expect((await ask([`Origin: ${origin}`])).headers).not.toHaveProperty('access-control-allow-origin');
    expect((await signIn(origin)).status).toBe(403);
  });

  it.each(STRANGERS)('DP-02 %s as PUBLIC_URL is not local mode', (host) => {
    expect(modeOf(`http://${host}:3000`)).toBeUndefined();
  });

  it.each(OTHER_SPELLINGS)('DP-02 %s as PUBLIC_URL is one of ours, as it always was: the address is parsed', (host) => {
    expect(modeOf(`http://${host}:3000`)).toBe('local');
  });

  const isLocal = async (peer: string): Promise<boolean> => {
    const connection = await connectFrom(app(), peer);
    return 'version' in (await connection.ask('GET /livez?verbose')).json;
  };

  it.each([
    '127.0.0.1',
    '127.0.0.2',
    '127.255.255.254',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:127.8.9.1',
    '0:0:0:0:0:0:0:1',
  ])('HT-13 a connection from %s is from this machine', async (peer) => expect(await isLocal(peer)).toBe(true));

  it.each(['128.0.0.1', '10.0.0.1', '0.0.0.0', '::', '::2', '::ffff:10.0.0.1', '64:ff9b::7f00:1', 'localhost', ''])(
    'HT-13 a connection from %j is not',
    async (peer) => expect(await isLocal(peer)).toBe(false),
  );
});

describe('with a PUBLIC_URL on 127.0.0.2', () => {
  const app = useApplication(
    { config: { publicUrl: 'http://127.0.0.2:3000' } },
    async (started) => void (await signUp(started, 'ada')),
  );

  it('HT-09 a page of its own may sign in', async () => {
    const body = JSON.stringify({ identifier: 'ada', password: GOOD_PASSWORD, transport: 'cookie' });
    const fields = ['Content-Type: application/json', 'Origin: http://127.0.0.2:3000'];
    expect(await exchange(app(), 'POST /api/auth/login', fields, body)).toMatchObject({ status: 200 });
  });
});

describe('in production', () => {
  const OWN = 'https://gate.example.org';
  const app = useApplication({ config: { mode: 'production', publicUrl: OWN, corsOrigins: [] } });

  it.each(OURS)('HT-15 HT-08 HT-09 %s is nobody', async (host) => {
    const ask = async (fields: string[], name: string): Promise<RawAnswer | undefined> =>
      (await sendUntilClosed(app().url, rawRequest('GET /api/auth/options', fields, '', name)))[0];
    expect(await ask([], host)).toMatchObject({ status: 421 });
    const answer = await ask([`Origin: http://${host}`], 'gate.example.org');
    expect(answer).toMatchObject({ status: 200 });
    expect(answer?.headers).not.toHaveProperty('access-control-allow-origin');
    const fields = ['Content-Type: application/json', `Origin: http://${host}`];
    const body = JSON.stringify({ identifier: 'ada', password: GOOD_PASSWORD, transport: 'cookie' });
    expect(await exchange(app(), 'POST /api/auth/login', fields, body)).toMatchObject({ status: 403 });
  });
});
