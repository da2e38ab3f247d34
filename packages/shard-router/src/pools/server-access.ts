import type { SslOptions } from 'mysql2';
import type { CredentialsProvider } from './credentials.ts';

/** How to get into the servers of a cluster, besides what their URLs say. */
export interface ServerAccess {
  /** TLS for every connection, with the options of Node's `tls`; what an endpoint's URL says of TLS stands in place of it. */
  readonly tls?: SslOptions;
  /** Asked before connecting, instead of the URLs' passwords. */
  readonly credentials?: CredentialsProvider;
}
