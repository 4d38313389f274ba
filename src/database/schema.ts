/**
 * Every table, as Kysely types, on one page.
 *
 * Only what both databases share: ids are text (UUIDv7), instants are integer milliseconds since the epoch and end in
 * `_at`, yes or no is 0 or 1, JSON is text. There is no Date and no boolean: better-sqlite3 refuses to bind either, and
 * the two databases would read them back differently. `schema.test.ts` holds this page against both real databases.
 */
export interface Tables {
  users: UsersTable;
  user_roles: UserRolesTable;
  sessions: SessionsTable;
  signing_keys: SigningKeysTable;
  security_events: SecurityEventsTable;
  setup_secrets: SetupSecretsTable;
  app_secrets_seen: AppSecretsSeenTable;
  log_in_lanes: LogInLanesTable;
  schema_migrations: SchemaMigrationsTable;
}

export const allRights = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] as const;
export type Right = (typeof allRights)[number];

const rows: readonly Right[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/**
 * What the server's own role may do with each table, and no more (DP-08): whoever gets hold of the server can neither
 * change the schema nor wipe the traces. A table that is missing here fails the type check.
 */
export const tableRights: Readonly<Record<keyof Tables, readonly Right[]>> = {
  users: rows,
  user_roles: rows,
  sessions: rows,
  signing_keys: rows,
  setup_secrets: rows,
  app_secrets_seen: rows,
  log_in_lanes: rows,
  security_events: ['SELECT', 'INSERT'],
  schema_migrations: ['SELECT'],
};

export const tableNames = Object.keys(tableRights) as (keyof Tables)[];

export interface UsersTable {
  id: string;
  /** Canonical (lower case); unique. */
  username: string;
  /** As the user typed it; shown and written to. */
  email: string;
  /** The form two spellings of one mailbox share; unique. */
  email_canonical: string;
  email_verified_at: number | null;
  display_name: string;
  password_hash: string;
  status: 'active' | 'disabled';
  password_changed_at: number;
  last_login_at: number | null;
  created_at: number;
  updated_at: number;
}

/** Primary key (user_id, role); rows go with their user. */
export interface UserRolesTable {
  user_id: string;
  role: string;
  granted_at: number;
}

/** One refresh-token family; its id is the `sid`. Rows go with their user. */
export interface SessionsTable {
  id: string;
  user_id: string;
  /** How often the refresh token was rotated. */
  counter: number;
  /** Keys the MAC of this session's refresh tokens, together with APP_SECRET. */
  salt: string;
  transport: 'cookie' | 'token';
  created_at: number;
  last_used_at: number;
  rotated_at: number | null;
  idle_expires_at: number;
  absolute_expires_at: number;
  terminated_at: number | null;
  terminated_reason: string | null;
  address: string;
  user_agent: string;
}

/** A partial unique index lets at most one row be 'current'. */
export interface SigningKeysTable {
  kid: string;
  state: 'standby' | 'current' | 'previous' | 'revoked';
  /** JSON: the public JWK. */
  public_jwk: string;
  private_key_sealed: string;
  /** Which APP_SECRET the private key is sealed with. */
  secret_id: string;
  created_at: number;
  activated_at: number | null;
  retired_at: number | null;
  revoked_at: number | null;
}

/**
 * Append-only, held by triggers: no DELETE, and no UPDATE but the one that fills the three chain columns from NULL,
 * all at once. There is no foreign key to users: an event outlives whom it is about.
 */
export interface SecurityEventsTable {
  id: string;
  name: string;
  occurred_at: number;
  actor_type: 'anonymous' | 'user' | 'api-key' | 'system';
  actor_id: string | null;
  target_type: string | null;
  target_id: string | null;
  session_id: string | null;
  address: string | null;
  user_agent: string | null;
  request_id: string | null;
  /** JSON object; what changed is in its `before` and `after`. */
  details: string;
  /** Unique; filled later by one background writer, with the two hashes. */
  chain_position: number | null;
  previous_hash: string | null;
  chain_hash: string | null;
}

export interface SetupSecretsTable {
  id: string;
  purpose: 'first-administrator' | 'recovery';
  /** Unique. */
  secret_hash: string;
  created_at: number;
  expires_at: number;
  used_at: number | null;
}

/** Which APP_SECRETs this database has met, so that a start notices a changed one. */
export interface AppSecretsSeenTable {
  secret_id: string;
  first_seen_at: number;
}

/** Failed sign-ins: a row for each account, name of no account, or known device of an account. Rows go with their user. */
export interface LogInLanesTable {
  /** A keyed hash: what somebody typed as a name, possibly a password, is not kept. */
  key: string;
  /** Null where there is no such account. */
  user_id: string | null;
  kind: 'strangers' | 'device';
  /** Within the window, or since the waits began to grow. */
  failures: number;
  window_started_at: number;
  /** Since the last success. */
  in_row: number;
  last_failed_at: number;
  /** 0 where it never was; of a lane that is closed for too many in a row, the end of that. */
  blocked_until: number;
}

export interface SchemaMigrationsTable {
  name: string;
  applied_at: number;
}
