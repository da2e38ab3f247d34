/** For how long a lease is taken, and after how long a dead relay's tables are taken over. By the database's clock. */
export const LEASE_MS = 10_000;

/** How often a lease is prolonged. Three failures in a row still leave time to send. */
export const RENEW_MS = 2_000;

/** Nothing is sent with less of the lease left than this: more than one send may take, its retries included. */
export const SEND_MARGIN_MS = 4_000;

/** When a send is given up. */
export const SEND_LIMIT_MS = 3_000;
