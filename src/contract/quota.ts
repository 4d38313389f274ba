// Quota policies, in the words of the IETF RateLimit header fields draft: how many requests a partition may make in a window.

/** Seconds. Fixed windows: each begins with a partition's first request in it. */
export const windows = { minute: 60, hour: 3600, day: 86_400 } as const;

export type WindowName = keyof typeof windows;

/** What a policy counts by: the client's address (IPv6 by /64), or the user or API key that is signed in. */
export type Partition = 'address' | 'user' | 'session';

export interface QuotaPolicy {
  readonly partition: Partition;
  /** Requests; a window that is not named is not limited. */
  readonly quotas: Readonly<Partial<Record<WindowName, number>>>;
}

/** With their defaults. The first two count every request but health checks. */
export const quotaPolicies = {
  address: { partition: 'address', quotas: { minute: 120, hour: 3000, day: 20_000 } },
  user: { partition: 'user', quotas: { minute: 240, hour: 6000, day: 50_000 } },
  login: { partition: 'address', quotas: { minute: 10, hour: 60, day: 300 } },
  register: { partition: 'address', quotas: { minute: 5, hour: 20, day: 50 } },
  setup: { partition: 'address', quotas: { minute: 5, hour: 20, day: 50 } },
  refresh: { partition: 'session', quotas: { minute: 10, hour: 120, day: 1000 } },
  password: { partition: 'user', quotas: { minute: 5, hour: 20, day: 50 } },
} as const satisfies Record<string, QuotaPolicy>;

export type QuotaPolicyName = keyof typeof quotaPolicies;

/**
 * What counts a request beside `address` and `user`: a stricter policy of its own, or nothing more (`general`). Health checks are not
 * counted at all (`none`).
 */
export type EndpointQuota = 'none' | 'general' | Exclude<QuotaPolicyName, 'address' | 'user'>;
