import { describe, expect, it } from 'vitest';
import { texts } from '../testing/english.ts';
import { faultsOf } from './faults.ts';
import { Refusal } from '../api/refusal.ts';

const names = ['username', 'password'];

const refusal = (errors: { pointer: string; detail: string }[]): Refusal =>
  new Refusal('invalid-input', { status: 422, title: 'Some of the input is not valid', errors });

describe('the faults of a form', () => {
  it('stand beside their fields, all of one field together', () => {
    const error = refusal([
      { pointer: '/username', detail: 'Taken.' },
      { pointer: '/password', detail: 'Too short.' },
      { pointer: '/password', detail: 'Too common.' },
    ]);
    expect(faultsOf(error, names)).toEqual({
      fields: { username: 'Taken.', password: 'Too short. Too common.' },
      refusal: undefined,
    });
  });

  it('are shown above where the form has no such field', () => {
    const error = refusal([
      { pointer: '/username', detail: 'Taken.' },
      { pointer: '/secret', detail: 'Not known.' },
    ]);
    expect(faultsOf(error, names)).toEqual({ fields: { username: 'Taken.' }, refusal: error });
  });

  it('are the refusal itself where it names no field', () => {
    const error = new Refusal('busy', { status: 503, title: 'Busy' });
    expect(faultsOf(error, names)).toEqual({ fields: {}, refusal: error });
  });

  it('include what went wrong in the page itself', () => {
    const { refusal } = faultsOf(new TypeError('x is not a function'), names);
    expect(refusal).toMatchObject({ problem: 'internal', reason: 'page-fault', title: undefined });
    expect(refusal?.detail).toBeUndefined();
    expect(texts.refusals['page-fault'].title).toBe('Something went wrong on this page');
  });
});
