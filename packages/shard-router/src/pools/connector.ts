import type { Pool, PoolConnection } from 'mysql2';
import type { Endpoint } from '../topology/endpoint.ts';
import { CredentialsCache } from './credentials.ts';
import type { ServerAccess } from './server-access.ts';

/** The driver's callback for a connection. */
export type Connected = (error: NodeJS.ErrnoException | null, connection: PoolConnection) => void;

/** Calls the driver's `getConnection` with fresh credentials, and once more with newer ones when those are refused. */
export class Connector {
  readonly #driver: Pool;
  readonly #credentials: CredentialsCache | undefined;
  readonly #isRefusal: (error: unknown) => boolean;

  /** @param isRefusal whether an error of the driver says that the credentials were refused */
  constructor(
    driver: Pool,
    endpoint: Endpoint,
    shard: number,
    { credentials }: ServerAccess,
    isRefusal: (error: unknown) => boolean,
  ) {
    this.#driver = driver;
    this.#isRefusal = isRefusal;
    if (credentials === undefined) return;
    this.#credentials = new CredentialsCache(
      credentials,
      endpoint,
      shard,
      ({ user = endpoint.user, password }) => {
        // The driver copies this configuration for each new connection.
        const { config } = driver as unknown as { config: { connectionConfig: Partial<Endpoint> } };
        Object.assign(config.connectionConfig, { user, password });
      },
    );
  }

  connect(done: Connected): void {
    if (this.#credentials === undefined) this.#driver.getConnection(done);
    else this.#withCredentials(this.#credentials, done, true);
  }

  #withCredentials(credentials: CredentialsCache, done: Connected, again: boolean): void {
    const connect = () =>
      this.#driver.getConnection((error, connection) => {
        if (again && error !== null && this.#isRefusal(error)) {
          credentials.invalidate();
          this.#withCredentials(credentials, done, false);
        } else {
          done(error, connection);
        }
      });
    const fresh = credentials.refresh();
    if (fresh === undefined) connect();
    else fresh.then(connect, (error: NodeJS.ErrnoException) => process.nextTick(done, error));
  }
}
