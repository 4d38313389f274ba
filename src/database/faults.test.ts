import { describe, expect, it } from 'vitest';
import { isUnavailable } from './open.ts';

const failing = (code: string, message = 'x') => Object.assign(new Error(message), { code });

describe('isUnavailable', () => {
  it.each([
    ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'],
    ...['08006', '53300', '57P01', '57P02', '57P03', '57014', '55P03', '25006', '25P03', '40001', '40P01'],
    ...['SQLITE_BUSY', 'SQLITE_BUSY_SNAPSHOT', 'SQLITE_IOERR_WRITE', 'SQLITE_FULL', 'SQLITE_CANTOPEN'],
  ])('knows %s', (code) => expect(isUnavailable(failing(code))).toBe(true));

  it.each([
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout exceeded when trying to connect',
    'Client has encountered a connection error and is not queryable',
    'Query read timeout',
  ])('knows "%s", which comes without a code', (message) => expect(isUnavailable(new Error(message))).toBe(true));

  it('takes a wrong password of the server’s own for an outage: it can be put right without a restart', () => {
    for (const code of ['28P01', '28000', '3D000']) expect(isUnavailable(failing(code)), code).toBe(true);
  });

  it('looks into causes and aggregates', () => {
    expect(isUnavailable(new Error('x', { cause: failing('ECONNREFUSED') }))).toBe(true);
    expect(isUnavailable(new AggregateError([new Error('x'), failing('ECONNREFUSED')]))).toBe(true);
  });

  it.each(['23505', '23503', '42P01', '42501', 'SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_ERROR', 'SQLITE_CORRUPT', 'ENOENT'])(
    'does not take %s for an outage',
    (code) => expect(isUnavailable(failing(code))).toBe(false),
  );

  it('does not take a bug or a stranger for an outage', () => {
    for (const error of [new TypeError('x is not a function'), undefined, 'ECONNREFUSED', { code: '57P01' }]) {
      expect(isUnavailable(error)).toBe(false);
    }
    const circular = new Error('x');
    circular.cause = circular;
    expect(isUnavailable(circular)).toBe(false);
  });
});
