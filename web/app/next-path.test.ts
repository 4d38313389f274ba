import { describe, expect, it } from 'vitest';
import { nextPath, signInPath } from './next-path.ts';

const next = (value: string): string => nextPath(`?${new URLSearchParams({ next: value }).toString()}`);

describe('where to go after signing in', () => {
  it.each(['/account/password', '/account?tab=2', '/'])('IN-15 is a path of this site: %s', (path) => {
    expect(next(path)).toBe(path);
  });

  it.each([
    '//evil.example',
    String.raw`/\evil.example`,
    String.raw`/account\..\..\evil`,
    'https://evil.example',
    ['javascript', 'alert(1)'].join(':'),
    'account',
    '',
    '/\n/evil.example',
    '/\u0000',
    ' /account/password',
  ])('IN-15 is nowhere else: %j', (path) => {
    expect(next(path)).toBe('/account');
  });

  it('is the account where nothing was asked for', () => {
    expect(nextPath('')).toBe('/account');
  });
});

describe('the way to the sign-in page', () => {
  it('remembers the way back', () => {
    const path = signInPath({ pathname: '/account/password', search: '?a=1&b=2' });
    expect(path).toBe('/sign-in?next=/account/password%3Fa%3D1%26b%3D2');
    expect(nextPath(path.slice('/sign-in'.length))).toBe('/account/password?a=1&b=2');
  });

  it('needs to remember nothing for the page that comes anyway', () => {
    expect(signInPath({ pathname: '/account', search: '' })).toBe('/sign-in');
    expect(signInPath({ pathname: '/', search: '' })).toBe('/sign-in');
  });
});
