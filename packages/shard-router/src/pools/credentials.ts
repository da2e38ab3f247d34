import { ShardAccessError } from '../errors.ts';
import type { Endpoint } from '../topology/endpoint.ts';

/** What to log in with. */
export interface Credentials {
  /** Default: the user of the endpoint's URL. */
  readonly user?: string;
  readonly password: string;
  /** Unix time in milliseconds after which new connections need new credentials. Default: they last until refused. */
  readonly expiresAt?: number;
}

/** Returns the credentials for an endpoint, anew at each call, such as a rotated secret or an IAM token. */
export type CredentialsProvider = (
  endpoint: Omit<Endpoint, 'password'>,
  shard: number,
) => Promise<Credentials>;

/** How long before they expire credentials are renewed, milliseconds. */
const EARLY_MS = 30_000;

/** The newest credentials of one endpoint. */
export class CredentialsCache {
  readonly #ask: () => Promise<Credentials>;
  readonly #use: (credentials: Credentials) => void;
  readonly #shard: number;
  #validUntil = 0;
  #asking: Promise<void> | undefined;

  /** @param use is given the credentials before they count as fresh */
  constructor(
    provider: CredentialsProvider,
    endpoint: Endpoint,
    shard: number,
    use: (credentials: Credentials) => void,
  ) {
    const { password: _, ...rest } = endpoint;
    this.#ask = () => provider(rest, shard);
    this.#shard = shard;
    this.#use = use;
  }

  /**
   * Resolves when the credentials are fresh; returns undefined when they are fresh already. Callers at one time share one
   * request.
   *
   * @throws ShardAccessError when the provider fails
   */
  refresh(): Promise<void> | undefined {
    if (Date.now() < this.#validUntil) return undefined;
    this.#asking ??= this.#renew().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Notes that the credentials were refused. */
  invalidate(): void {
    this.#validUntil = 0;
  }

  async #renew(): Promise<void> {
    let credentials: Credentials;
    try {
      credentials = await this.#ask();
    } catch (cause) {
      throw new ShardAccessError(this.#shard, 'no credentials could be had', { cause });
    }
    this.#use(credentials);
    this.#validUntil = (credentials.expiresAt ?? Infinity) - EARLY_MS;
  }
}
