/** For how long a lease is taken, and after how long a dead relay's tables are taken over. By the database's clock. */
export const LEASE_MS = 10_000;

/** How often a lease is prolonged. Three failures in a row still leave time to send. */
export const RENEW_MS = 2_000;

/** The relay sends nothing with less of the lease left than this: more than one send may take, with its retries. */
export const SEND_MARGIN_MS = 4_000;

/** The relay gives up a send after this time. */
export const SEND_LIMIT_MS = 3_000;
