import { expect } from 'vitest';
import type { HealthPart } from '../contract/health.ts';
import type { Answer } from './personas.ts';

/** The parts that an answer of `/readyz?verbose` tells of, by their names; the order of features is nobody's business. */
export function healthPartsOf(answer: Answer): Record<string, Omit<HealthPart, 'name'>> {
  const parts = answer.body['parts'] as HealthPart[];
  const byName = Object.fromEntries(parts.map(({ name, ...part }) => [name, part]));
  expect(Object.keys(byName), 'each name once').toHaveLength(parts.length);
  return byName;
}
