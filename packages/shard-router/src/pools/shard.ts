import { ShardAccessError, ShardUnavailableError, UnknownShardError } from '../errors.ts';
import { isReadOnlyServer } from './mysql-errors.ts';
import { SILENT, type Telemetry } from '../observe/telemetry.ts';
import { readEndpointState } from '../sql/endpoint-state.ts';
import type { ShardEndpoints } from '../topology/config.ts';
import type { Endpoint } from '../topology/endpoint.ts';
import { checkIdentity } from '../topology/load-map.ts';
import { Breaker } from './breaker.ts';
import { speaksMysql } from './greeting.ts';
import { ConnectionSession, type ShardSession } from './session.ts';
import { type PoolLimits, type ServerAccess, ShardPool } from './shard-pool.ts';

/** The connections to one server of a shard. */
interface EndpointPools {
  readonly endpoint: Endpoint;
  /** Sessions are read only: writes go through transactions that pass the fence. */
  readonly routed: ShardPool;
  /** Read-write sessions for tables that are not routed. */
  readonly operator: ShardPool;
  /** For merged writes. */
  readonly merged: ShardPool;
  down: boolean;
}

const OPERATOR_CONNECTIONS = 8;
const PROBE_TIMEOUT_MS = 1_500;

/** One shard: its servers, which of them takes writes, and whether it answers. */
export class Shard {
  readonly id: number;
  readonly #breaker: Breaker;
  readonly #telemetry: Telemetry;
  readonly #endpoints: readonly EndpointPools[];
  readonly #clusterId: string;
  #writer: EndpointPools;
  #turn = 0;
  #readOnly = false;
  /** Whether the writer answered since the last look. */
  #heard = false;
  #lastFailure: ShardUnavailableError | undefined;
  #probing: Promise<void> | undefined;

  /** @param endpoints the writer as configured, then the readers */
  constructor(
    id: number,
    clusterId: string,
    endpoints: readonly Endpoint[],
    limits: PoolLimits,
    access: ServerAccess,
    telemetry: Telemetry = SILENT,
  ) {
    this.id = id;
    this.#clusterId = clusterId;
    this.#telemetry = telemetry;
    this.#breaker = new Breaker((open) => telemetry.observer?.breakerChanged?.(id, open));
    this.#endpoints = endpoints.map((endpoint) => ({
      endpoint,
      routed: new ShardPool(id, endpoint, 'read only', limits, access, telemetry),
      operator: new ShardPool(
        id,
        endpoint,
        'read write',
        { ...limits, connections: OPERATOR_CONNECTIONS },
        access,
        telemetry,
      ),
      merged: new ShardPool(id, endpoint, 'merged', limits, access, telemetry),
      down: false,
    }));
    this.#writer = this.#endpoints[0]!;
    this.#nameRoles();
  }

  /** Whether the shard answered when it was last used. */
  get live(): boolean {
    return this.#breaker.closed;
  }

  /** Whether it is sound to send something there that may as well go elsewhere: nothing failed since the last answer. */
  get trusted(): boolean {
    return this.#breaker.trusted;
  }

  /** The pool of the server that takes writes. Throws {@link ShardUnavailableError} while the shard does not answer. */
  writer(): ShardPool {
    return this.#live().routed;
  }

  /** The pool for merged writes, of the same server. Throws {@link ShardUnavailableError} likewise. */
  merging(): ShardPool {
    return this.#live().merged;
  }

  /** The pool of a server to read from, in turn; the writer's where no reader answers. */
  reader(): ShardPool {
    const readers = this.#endpoints.filter((endpoint) => endpoint !== this.#writer && !endpoint.down);
    if (readers.length === 0) return this.writer();
    this.#turn = (this.#turn + 1) % readers.length;
    return readers[this.#turn]!.routed;
  }

  /** Runs `fn` with a read-write session on the writer. Nothing fences it. */
  async operate<T>(fn: (session: ShardSession) => Promise<T>): Promise<T> {
    this.writer();
    return this.attempt(() => this.#operate(this.#writer, fn));
  }

  /** {@link operate} for a first look: it also tells a server that is down from one that is no MySQL. */
  async introduce<T>(fn: (session: ShardSession) => Promise<T>): Promise<T> {
    try {
      return await this.operate(fn);
    } catch (error) {
      const { endpoint } = this.#writer;
      if (
        error instanceof ShardUnavailableError &&
        (await speaksMysql(endpoint, PROBE_TIMEOUT_MS)) === false
      ) {
        throw new ShardAccessError(this.id, `${endpoint.host}:${endpoint.port} is no MySQL server`, {
          cause: error,
        });
      }
      throw error;
    }
  }

  /** Runs `fn`, and notes whether the shard answered. */
  async attempt<T>(fn: () => Promise<T>): Promise<T> {
    try {
      const result = await fn();
      this.#answered();
      return result;
    } catch (error) {
      this.failed(error);
      throw error;
    }
  }

  /** Notes a failure. A server that became read only is looked past at once. */
  failed(error: unknown): void {
    // One that is told by several ways counts once.
    if (!(error instanceof ShardUnavailableError) || error === this.#lastFailure) return;
    this.#lastFailure = error;
    this.#breaker.failed();
    if (!isReadOnlyServer(error.cause ?? {})) return;
    this.#readOnly = true;
    void this.probe();
  }

  /**
   * Asks the shard's servers how they are, and finds the one that takes writes. Asks nothing when the writer answered
   * since the last look and nothing failed: a shard that nobody uses is asked, or its death would be heard of too late.
   */
  probe(): Promise<void> {
    const { trusted } = this;
    const heard = this.#heard;
    this.#heard = false;
    if (heard && trusted && !this.#readOnly && this.#endpoints.every(({ down }) => !down))
      return Promise.resolve();
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined;
    });
    return this.#probing;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#endpoints.flatMap(({ routed, operator, merged }) =>
        [routed, operator, merged].map((pool) => pool.close()),
      ),
    );
  }

  #live(): EndpointPools {
    if (!this.live)
      throw new ShardUnavailableError(this.id, 'did not answer lately; it is tried again in the background');
    return this.#writer;
  }

  async #probe(): Promise<void> {
    const states = await Promise.all(
      this.#endpoints.map(async (endpoint) => {
        try {
          const readOnly = await this.#operate(
            endpoint,
            async (session) => {
              await checkIdentity(session, this.#clusterId);
              return readEndpointState(session);
            },
            PROBE_TIMEOUT_MS,
          );
          endpoint.down = false;
          return readOnly ? undefined : endpoint;
        } catch {
          endpoint.down = true;
          return undefined;
        }
      }),
    );
    // The one in use stays in use when several would take writes.
    const writer =
      states.find((endpoint) => endpoint === this.#writer) ??
      states.find((endpoint) => endpoint !== undefined);
    if (writer === undefined) {
      if (this.#writer.down) this.#breaker.failed();
      return;
    }
    if (writer !== this.#writer) {
      this.#writer = writer;
      this.#nameRoles();
      this.#telemetry.observer?.failedOver?.(this.id);
    }
    this.#readOnly = false;
    this.#breaker.succeeded();
  }

  #answered(): void {
    this.#heard = true;
    this.#breaker.succeeded();
  }

  /** Tells the pools what their servers are for. The writer's answers are the shard's. */
  #nameRoles(): void {
    for (const endpoint of this.#endpoints) {
      const role = endpoint === this.#writer ? 'writer' : 'reader';
      endpoint.routed.role = role;
      endpoint.operator.role = role;
      endpoint.merged.role = role;
      endpoint.routed.onAnswer = role === 'writer' ? () => this.#answered() : undefined;
    }
  }

  async #operate<T>(
    { operator }: EndpointPools,
    fn: (session: ShardSession) => Promise<T>,
    timeoutMs = operator.limits.statementTimeoutMs,
  ): Promise<T> {
    const connection = await operator.acquire(Math.min(timeoutMs, operator.limits.queueTimeoutMs));
    const session = new ConnectionSession(this.id, connection, () => timeoutMs, operator);
    let failure: unknown;
    try {
      return await fn(session);
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      session.close();
      operator.giveBack(connection, failure);
    }
  }
}

/** The shards of a router, by id. They can become more, never fewer. */
export class Shards {
  readonly #byId = new Map<number, Shard>();
  readonly #open: (config: ShardEndpoints) => Shard;

  constructor(open: (config: ShardEndpoints) => Shard) {
    this.#open = open;
  }

  static of(
    configs: readonly ShardEndpoints[],
    clusterId: string,
    limits: PoolLimits,
    access: ServerAccess,
    telemetry: Telemetry,
  ): Shards {
    const shards = new Shards(
      ({ id, writer, readers, access: own }) =>
        new Shard(id, clusterId, [writer, ...readers], limits, { ...access, ...own }, telemetry),
    );
    shards.add(configs);
    return shards;
  }

  /** Opens the shards that are not there yet, and gives their ids. Those that are there stay as they are. */
  add(configs: readonly ShardEndpoints[]): readonly number[] {
    const added = configs.filter(({ id }) => !this.#byId.has(id));
    for (const config of added) this.#byId.set(config.id, this.#open(config));
    return added.map(({ id }) => id);
  }

  /** The shard of an id. Throws {@link UnknownShardError}. */
  get(id: number): Shard {
    const shard = this.#byId.get(id);
    if (shard === undefined) throw new UnknownShardError(`there is no shard ${id}`);
    return shard;
  }

  has(id: number): boolean {
    return this.#byId.has(id);
  }

  all(): readonly Shard[] {
    return [...this.#byId.values()];
  }

  ids(): readonly number[] {
    return [...this.#byId.keys()];
  }

  /** Those that answered when they were last used. */
  liveIds(): readonly number[] {
    return this.all()
      .filter((shard) => shard.live)
      .map((shard) => shard.id);
  }

  /** Those to send to what may live on any: of the live ones those of which nothing is amiss, if there are any. */
  choiceIds(): readonly number[] {
    const trusted = this.all().filter((shard) => shard.trusted);
    return trusted.length === 0 ? this.liveIds() : trusted.map((shard) => shard.id);
  }

  /** Probes all of them; never rejects. */
  async probe(): Promise<void> {
    await Promise.allSettled(this.all().map((shard) => shard.probe()));
  }
}
