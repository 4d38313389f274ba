// Quota policies, in the words of the IETF RateLimit header fields draft: how many requests a partition may make in a window.

/** Seconds. Fixed windows: each begins with a partition's first request in it. */
export const windows = { minute: 60, hour: 3600, day: 86_400 } as const;

export type WindowName = keyof typeof windows;

/**
 * What a policy counts by: the client's address (IPv6 by /64), the user or API key that is signed in, the session that is renewed, or
 * nothing that tells one caller from another (`everyone`).
 */
export const partitions = ['address', 'user', 'session', 'everyone'] as const;

export type Partition = (typeof partitions)[number];

export interface QuotaPolicy {
  readonly partition: Partition;
  /** Requests; a window that is not named is not limited. */
  readonly quotas: Readonly<Partial<Record<WindowName, number>>>;
}

/** With their defaults. The first two count every request to the API, `pages` what is none: pages, their files, the API reference, readiness. */
export const quotaPolicies = {
  address: { partition: 'address', quotas: { minute: 120, hour: 3000, day: 20_000 } },
  user: { partition: 'user', quotas: { minute: 240, hour: 6000, day: 50_000 } },
  login: { partition: 'address', quotas: { minute: 10, hour: 60, day: 300 } },
  register: { partition: 'address', quotas: { minute: 5, hour: 20, day: 50 } },
  setup: { partition: 'address', quotas: { minute: 5, hour: 20, day: 50 } },
  refresh: { partition: 'session', quotas: { minute: 10, hour: 120, day: 1000 } },
  password: { partition: 'user', quotas: { minute: 5, hour: 20, day: 50 } },
  /** Failed sign-ins of all strangers together: one password tried on many accounts, from many addresses (LG-06). */
  failures: { partition: 'everyone', quotas: { minute: 120, hour: 2000 } },
  /** One window, whichever it is: an office that loads every asset sixty times within a minute. */
  pages: { partition: 'address', quotas: { minute: 1200 } },
} as const satisfies Record<string, QuotaPolicy>;

export type QuotaPolicyName = keyof typeof quotaPolicies;

export const quotaPolicyNames = Object.keys(quotaPolicies) as QuotaPolicyName[];

/** Those with minute, hour and day, whose numbers can be rehearsed. */
export const requestPolicyNames = quotaPolicyNames.filter((name) => name !== 'pages');

/**
 * What counts a request beside `address` and `user`: a stricter policy of its own, or nothing more (`general`). What is no call of the API is
 * counted by `pages` instead of all of them; liveness is not counted at all (`none`).
 */
export type EndpointQuota = 'none' | 'general' | Exclude<QuotaPolicyName, 'address' | 'user' | 'failures'>;

/** Where one partition stood in one quota. For administrators. */
export interface LimitState {
  /** A policy and its window, such as `login-minute`. */
  readonly quota: string;
  /** What it counts by; `account` for sign-ins that wait after wrong passwords. */
  readonly partition: Partition | 'account';
  /** Names the partition, and cannot be read as an address or a name. */
  readonly key: string;
  /** Whom the key stands for, as far as an administrator may see it: `203.0.113.*`, a user's id. */
  readonly label: string;
  readonly used: number;
  readonly limit: number;
  /** ISO 8601. */
  readonly resetsAt: string;
}
