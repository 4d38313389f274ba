import { describe, expect, it } from 'vitest';
import { databaseState } from '../testing/database-state.ts';
import { accountOf } from '../testing/start-process.ts';
import { rawRequest, sendUntilClosed } from '../testing/raw-http.ts';
import type { RawAnswer } from '../testing/raw-http.ts';
import { useApplication } from '../testing/use-application.ts';

const misdirected = {
  status: 421,
  headers: { 'content-type': 'application/problem+json; charset=utf-8', 'cache-control': 'no-store' },
  json: { type: 'urn:gatehouse:problem:misdirected-request' },
};

async function ask(url: string, host: string, line = 'GET /api/auth/options', fields: string[] = [], body = '') {
  const [answer] = await sendUntilClosed(url, rawRequest(line, fields, body, host));
  return answer as RawAnswer;
}

async function expectHosts(url: string, { ours, others }: { ours: string[]; others: string[] }): Promise<void> {
  // Each stranger also right after each of ours: what was accepted last must not let the next one in.
  for (const host of ours) {
    expect(await ask(url, host), host).toMatchObject({ status: 200 });
    for (const other of others) expect(await ask(url, other), other).toMatchObject(misdirected);
  }
}

describe('in production', () => {
  const app = useApplication({
    config: { mode: 'production', publicUrl: 'https://gate.example.org', corsOrigins: ['https://app.example.org'] },
  });
  const others = [
    ...[
      'evil.example',
      'gate.example.org.evil.example',
      'evil-gate.example.org',
      'sub.gate.example.org',
      'example.org',
    ],
    ...[
      'gate.example.org:8443',
      'gate.example.org:80',
      'gate.example.org.',
      'gate.example.org:443:443',
      'x@gate.example.org',
    ],
    ...['localhost', '127.0.0.1', '127.0.0.1:3000', '[::1]', '203.0.113.9', '', 'gate.example.org, evil.example'],
  ];

  it('HT-15 answers to the host of PUBLIC_URL, in any spelling, and to no other', async () => {
    await expectHosts(app().url, { ours: ['gate.example.org', 'GATE.Example.org', 'gate.example.org:443'], others });
  });

  it('HT-15 gives another host nothing, whatever it asks for, and changes nothing', async () => {
    const { url } = app();
    const before = await databaseState(app());
    const body = JSON.stringify(accountOf('ada'));
    const fields = ['Content-Type: application/json', 'Sec-Fetch-Site: same-origin', 'Origin: https://app.example.org'];
    for (const line of ['POST /api/auth/register', 'POST /api/auth/login', 'POST /api/setup']) {
      const answer = await ask(url, 'evil.example', line, fields, body);
      expect(answer, line).toMatchObject(misdirected);
      expect(answer.headers, line).not.toHaveProperty('access-control-allow-origin');
      expect(answer.json['detail'], line).toBe(
        'Use https://gate.example.org. A proxy in front has to pass the Host header on.',
      );
    }
    for (const line of [
      'GET /',
      'GET /sign-in',
      'GET /api/docs',
      'GET /.well-known/jwks.json',
      'OPTIONS *',
      'GET /livez/',
      'GET //livez',
      'GET /readyz/x',
    ])
      expect(await ask(url, 'evil.example', line), line).toMatchObject({ status: 421 });
    expect(await databaseState(app())).toEqual(before);
  });

  it('HT-15 is probed by address', async () => {
    for (const host of ['127.0.0.1:3000', '10.0.0.7', 'backend'])
      for (const path of ['/livez', '/readyz', '/readyz?verbose'])
        expect(await ask(app().url, host, `GET ${path}`), host + path).toMatchObject({ status: 200 });
  });
});

describe('in production on a port of its own', () => {
  const app = useApplication({
    config: { mode: 'production', publicUrl: 'https://gate.example.org:8443', corsOrigins: [] },
  });

  it('HT-15 the port is part of the host', async () => {
    const others = ['gate.example.org', 'gate.example.org:443', 'gate.example.org:844'];
    await expectHosts(app().url, { ours: ['gate.example.org:8443'], others });
  });
});

describe('in local mode', () => {
  const app = useApplication();

  it('HT-15 answers to any loopback host, and to no name that was pointed at one', async () => {
    await expectHosts(app().url, {
      ours: ['localhost:3000', 'LOCALHOST', 'app.dev.localhost:5173', '127.0.0.1', '127.8.9.1:80', '[::1]:3000'],
      others: [
        ...[
          'evil.example',
          'evil.example:3000',
          'localhost.evil.example',
          '127.0.0.1.evil.example',
          '192.168.1.5:3000',
        ],
        ...[
          'localhost:x',
          'evil-localhost',
          '.localhost',
          '[::2]',
          '0.0.0.0',
          '',
          '1127.0.0.1',
          '127.0.0.1@evil.example',
        ],
      ],
    });
    expect((await ask(app().url, '192.168.1.5')).json['detail']).toBe(
      'Use http://localhost:3000. For another address, set PUBLIC_URL to it.',
    );
  });
});
