import knex from 'knex';
import type { Pool } from 'mysql2';
import { TransactionControlError } from '../errors.ts';

/** The settings of knex that the router does not set itself. */
export type RoutedKnexConfig = Omit<
  knex.Knex.Config,
  'client' | 'connection' | 'connectionPool' | 'pool' | 'dialect'
>;

/** The class of knex's own client for mysql2, taken from an instance: it has no public entry. */
const Mysql2Client = knex({ client: 'mysql2' }).client.constructor as new (
  config: knex.Knex.Config,
) => knex.Knex.Client;

/**
 * knex's client on the router's connections. It refuses a feature for which knex would open a connection of its own, because
 * such a connection would go to no shard: `.timeout(ms, { cancel: true })`.
 */
class RoutedClient extends Mysql2Client {
  override canCancelQuery = false;

  override acquireRawConnection(): Promise<never> {
    return Promise.reject(
      new TransactionControlError('knex opens no connection of its own over the routing pool'),
    );
  }
}
// knex makes the clients of transactions from the prototype, without the constructor.
Object.assign(RoutedClient.prototype, { canCancelQuery: false });

/**
 * A knex instance over the routing pool: each query goes to the shard of the scope around it, and `transaction` inside a
 * key scope is the fenced one. `destroy()` leaves the router open.
 */
export function knexOver(router: { readonly pool: Pool }, config: RoutedKnexConfig = {}): knex.Knex {
  return knex({
    ...config,
    client: RoutedClient,
    connectionPool: router.pool,
  } as unknown as knex.Knex.Config);
}
