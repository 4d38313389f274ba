// Whose address is counted: what the proxy makes of X-Forwarded-For and its relatives.
import { describe, expect, test } from 'vitest';
import { useProxy } from './proxy.ts';
import type { Proxy } from './proxy.ts';

const FORWARDED = ['x-forwarded-for', 'x-real-ip', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded'];

/** What the upstream is told about the client, all of it. */
async function told(proxy: Proxy, ...fields: string[]): Promise<Record<string, string>> {
  const echo = await proxy.echo('GET /api/x', { fields });
  const found = echo.fields.map(([name, value]) => [name.toLowerCase(), value] as const);
  const about = found.filter(([name]) => FORWARDED.includes(name) || /forwarded|real-?ip|client-?ip/.test(name));
  expect(new Set(about.map(([name]) => name)).size, 'one came twice').toBe(about.length);
  return Object.fromEntries(about);
}

const SPOOFED = [
  'X-Forwarded-For: 198.51.100.7',
  'X-Real-IP: 198.51.100.7',
  'X-Forwarded-Host: evil.example',
  'X-Forwarded-Proto: https',
  'Forwarded: for=198.51.100.7;host=evil.example;proto=https',
];

describe('by default, where nobody is trusted', () => {
  const proxy = useProxy({ label: 'strangers' });
  const truth = (): Record<string, string> => ({
    'x-forwarded-for': proxy.stack.gateway,
    'x-real-ip': proxy.stack.gateway,
    'x-forwarded-host': 'localhost',
    'x-forwarded-proto': 'http',
  });

  test("RL-04 a stranger's word about its address goes no further, under none of the names", async () => {
    expect(await told(proxy)).toEqual(truth());
    expect(await told(proxy, ...SPOOFED)).toEqual(truth());
    expect(
      await told(proxy, 'x-forwarded-for: 127.0.0.1', 'X-FORWARDED-FOR: ::1', 'X-Forwarded-For: 10.0.0.1, 10.0.0.2'),
    ).toEqual(truth());
  });

  test('RL-04 names with an underscore do not pass for those with a hyphen', async () => {
    const echo = await proxy.echo('GET /api/x', {
      fields: ['X_Forwarded_For: 198.51.100.7', 'X_Real_IP: 198.51.100.7'],
    });
    expect(JSON.stringify(echo.fields)).not.toContain('198.51.100.7');
  });

  test('RL-04 the request id is the proxy’s own', async () => {
    const answer = await proxy.send('GET /api/x', { fields: ['X-Request-Id: chosen-by-a-stranger'] });
    expect(JSON.stringify(answer.fields) + answer.text).not.toContain('chosen-by-a-stranger');
    expect(answer.header('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  test('RL-04 a health check from within the proxy’s own container may say whom it asks for', async () => {
    const ask = ['curl', '--silent', '--header', 'X-Forwarded-For: 198.51.100.7', 'http://localhost:8080/api/x'];
    const { stdout } = await proxy.stack.exec('proxy', ask);
    expect(stdout).toContain('["X-Forwarded-For","198.51.100.7"]');
  });
});

describe('behind an edge of the operator’s', () => {
  const proxy = useProxy({
    label: 'edge',
    env: (stack) => ({ TRUSTED_PROXIES: `${stack.gateway}, 203.0.113.0/24,2001:db8::/32` }),
  });
  const address = async (...fields: string[]): Promise<string | undefined> =>
    (await told(proxy, ...fields))['x-forwarded-for'];

  test('RL-04 the address is the rightmost that no trusted proxy has', async () => {
    expect(await address('X-Forwarded-For: 198.51.100.7')).toBe('198.51.100.7');
    expect(await address('X-Forwarded-For: 1.1.1.1, 198.51.100.7')).toBe('198.51.100.7');
    expect(await address('X-Forwarded-For: 1.1.1.1, 198.51.100.7, 203.0.113.9')).toBe('198.51.100.7');
    expect(await address('X-Forwarded-For: 1.1.1.1', 'X-Forwarded-For: 198.51.100.7, 203.0.113.9')).toBe(
      '198.51.100.7',
    );
    expect(await address('X-Forwarded-For: 2001:db9::1, 2001:db8::5')).toBe('2001:db9::1');
    expect(await address('X-Forwarded-For: ::ffff:198.51.100.7')).toMatch(/^(?:::ffff:)?198\.51\.100\.7$/);
    expect(await address()).toBe(proxy.stack.gateway);
  });

  test('RL-04 RL-05 two clients behind one edge are two addresses', async () => {
    expect(await address('X-Forwarded-For: 198.51.100.7')).not.toBe(await address('X-Forwarded-For: 198.51.100.8'));
  });

  test('RL-04 what is no address stops the search at the last one that is', async () => {
    const faulty = [
      'unknown',
      'evil.example',
      '198.51.100.7.9',
      '999.1.1.1',
      "';drop",
      '',
      '198.51.100.7, unknown',
      '1.1.1.1;2.2.2.2',
    ];
    for (const word of faulty)
      expect([word, await address(`X-Forwarded-For: ${word}`)]).toEqual([word, proxy.stack.gateway]);
    expect(await address('X-Forwarded-For: nonsense, 203.0.113.9')).toBe('203.0.113.9');
  });

  test('RL-04 the other names say what the proxy knows, also to a trusted edge', async () => {
    expect(await told(proxy, ...SPOOFED)).toEqual({
      'x-forwarded-for': '198.51.100.7',
      'x-real-ip': '198.51.100.7',
      'x-forwarded-host': 'localhost',
      'x-forwarded-proto': 'https',
    });
    expect(await told(proxy, 'X-Forwarded-Proto: http')).toMatchObject({ 'x-forwarded-proto': 'http' });
    const odd = await told(proxy, 'X-Forwarded-Proto: javascript');
    expect(['http', 'https']).toContain(odd['x-forwarded-proto']);
  });
});
