// Accounts, as others see them.
import * as z from 'zod/mini';
import { id, instant } from './fields.ts';

export const user = z
  .object({
    id,
    username: z.string(),
    email: z.string(),
    emailVerified: z.boolean(),
    displayName: z.string(),
    roles: z.array(z.string()),
    status: z.enum(['active', 'disabled']),
    createdAt: instant,
  })
  .register(z.globalRegistry, { id: 'User' });

export type User = z.output<typeof user>;
