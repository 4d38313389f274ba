import { METHODS } from 'node:http';
import { expect, it } from 'vitest';
import type { Endpoint } from '#contract/endpoint.ts';
import { endpoints } from '#contract/index.ts';
import { databaseState } from '../testing/database-state.ts';
import { call, signUp } from '../testing/personas.ts';
import type { Persona } from '../testing/personas.ts';
import { exchange, sendUntilAnswered } from '../testing/raw-http.ts';
import { useApplication } from '../testing/use-application.ts';

const all: readonly Endpoint[] = endpoints;
let persona: Persona | undefined;
const app = useApplication({}, async (application) => {
  persona = await signUp(application, 'ada');
});
const bearer = (): string => `Authorization: Bearer ${(persona as Persona).accessToken}`;

/** What there is at the path, as `Allow` says it. */
const methodsAt = (path: string): string[] =>
  all
    .filter((endpoint) => endpoint.path === path)
    .flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));

it('AZ-09 every other method, of all that exist, is 405 with Allow, and does nothing', async () => {
  const before = await databaseState(app());
  for (const path of new Set(all.map((endpoint) => endpoint.path))) {
    const allowed = methodsAt(path);
    // CONNECT has no path; listener.test.ts has it.
    for (const method of METHODS.filter((name) => !allowed.includes(name) && name !== 'CONNECT')) {
      const answer = await exchange(app().url, `${method} ${path}`, [bearer()]);
      expect(answer, `${method} ${path}`).toMatchObject({
        status: 405,
        headers: { allow: allowed.join(', '), 'content-type': 'application/problem+json; charset=utf-8' },
        json: method === 'HEAD' ? {} : { type: 'urn:gatehouse:problem:method-not-allowed' },
      });
    }
  }
  expect(await databaseState(app())).toEqual(before);
});

it('AZ-09 a method that HTTP does not know is no request, and case counts', async () => {
  for (const method of ['get', 'FOO', 'GETT', 'POST\u0000'])
    expect(
      await sendUntilAnswered(app().url, `${method} /api/auth/me HTTP/1.1\r\nHost: localhost\r\n\r\n`),
      method,
    ).toMatchObject({ status: 400 });
});

it('AZ-09 TRACE sends nothing back of what it was sent', async () => {
  for (const target of ['/', '/api/auth/me', '*']) {
    const answer = await exchange(app().url, `TRACE ${target}`, [bearer(), 'X-Secret: s3cret']);
    expect([400, 404, 405]).toContain(answer.status);
    expect(answer.body).not.toMatch(/Bearer|s3cret/);
  }
});

it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', '_method'])(
  'AZ-09 %s overrides nothing',
  async (name) => {
    const before = await databaseState(app());
    expect(await exchange(app().url, 'GET /api/auth/logout', [`${name}: POST`, bearer()])).toMatchObject({
      status: 405,
    });
    expect(await exchange(app().url, 'POST /api/auth/me', [`${name}: GET`, bearer()])).toMatchObject({ status: 405 });
    expect(await exchange(app().url, `POST /api/auth/me?${name}=GET`, [bearer()])).toMatchObject({ status: 405 });
    expect(await exchange(app().url, 'GET /api/auth/me', [`${name}: DELETE`, bearer()])).toMatchObject({ status: 200 });
    expect(await databaseState(app())).toEqual(before);
  },
);

it('HEAD is GET without its body: the same status, the same headers, the same access', async () => {
  for (const { path, method } of all) {
    if (method !== 'GET') continue;
    for (const fields of [[], [bearer()]]) {
      const get = await exchange(app().url, `GET ${path}`, fields);
      const head = await exchange(app().url, `HEAD ${path}`, fields);
      // Content-Length may be left out (RFC 9110 section 9.3.2).
      const { 'x-request-id': _one, date: _now, 'content-length': _length, ...expected } = get.headers;
      expect(head, path).toMatchObject({ status: get.status, body: '', headers: expected });
    }
  }
});

it('HT-10 GET and HEAD change nothing, whoever asks, also at paths that change something by POST', async () => {
  const before = await databaseState(app());
  for (const { path } of all)
    for (const method of ['GET', 'HEAD']) {
      await exchange(app().url, `${method} ${path}`, [bearer()]);
      await exchange(app().url, `${method} ${path}?verbose=1`);
      await exchange(app().url, `${method} ${path}`, [bearer(), 'Content-Type: application/json'], '{}');
    }
  expect(await databaseState(app())).toEqual(before);
  expect(await call(app(), '/api/auth/me', { token: persona?.accessToken })).toMatchObject({ status: 200 });
});

const spellings: ((path: string) => string)[] = [
  (path) => path.toUpperCase(),
  (path) => path.replace(/[a-z]/, (letter) => letter.toUpperCase()),
  (path) => path.replace(/[a-z](?=[^a-z]|$)/, (letter) => letter.toUpperCase()),
  (path) => `/${path}`,
  (path) => path.replace(/\/(\w+)$/, '//$1'),
  (path) => `${path}/`,
  (path) => `${path}//`,
  (path) => `${path}/.`,
  (path) => `/.${path}`,
  (path) => `/x/..${path}`,
  (path) => `/x/%2e%2e${path}`,
  (path) => `${path}/%2e`,
  (path) => path.replace(/\/(?=\w+$)/, '%2f'),
  (path) => path.replace(/\/(?=\w+$)/, '%2F'),
  (path) => path.replace(/\/(?=\w+$)/, '%5c'),
  (path) => path.replace(/\/(?=\w+$)/, '\\'),
  (path) => path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  (path) => path.replace(/(?<=\/.+\/.+)[a-z]$/, (letter) => `%25${letter.charCodeAt(0).toString(16)}`),
  (path) => `${path};`,
  (path) => `${path};a=b`,
  (path) => path.replace(/\/(?=\w+$)/, ';x/'),
  (path) => `${path}.json`,
  (path) => `${path}.css`,
  (path) => `${path}%20`,
  (path) => `${path}%00`,
  (path) => `${path}%0a`,
  (path) => `${path}%3f`,
  (path) => `${path}%23`,
  (path) => `${path}%c0%ae`,
  (path) => `${path}%zz`,
  (path) => `${path}~`,
];

/** Where a path has a parameter, another last name is another value of it. */
function isItself(path: string, other: string): boolean {
  const [own, names] = [path.split('/'), other.split('/')];
  return own.length === names.length && own.every((name, index) => name.startsWith(':') || name === names[index]);
}

it('AZ-08 no other spelling of a path is that path: nothing of it is answered, nothing is done', async () => {
  const before = await databaseState(app());
  for (const { path, method } of all)
    for (const spelling of new Set(
      spellings.map((spell) => spell(path)).filter((other) => !isItself(path, other) && other.startsWith('/')),
    )) {
      const answer = await exchange(
        app().url,
        `${method} ${spelling}`,
        [bearer(), 'Content-Type: application/json'],
        method === 'GET' ? '' : '{}',
      );
      expect(answer, `${method} ${spelling}`).toMatchObject({
        status: 404,
        json: { type: 'urn:gatehouse:problem:not-found', instance: spelling },
      });
      expect(answer.headers).not.toHaveProperty('set-cookie');
    }
  expect(await databaseState(app())).toEqual(before);
  expect(await call(app(), '/api/auth/me', { token: persona?.accessToken }), 'still signed in').toMatchObject({
    status: 200,
  });
});
