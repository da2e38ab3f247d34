import type { PoolConnection, QueryError } from 'mysql2';
import type { KnownBeats } from '../beats/known-beats.ts';
import {
  PoolExhaustedError,
  ShardAccessError,
  ShardRestoredError,
  ShardUnavailableError,
} from '../errors.ts';
import { isReadOnlyServer } from './mysql-errors.ts';
import { SILENT, type Telemetry } from '../observe/telemetry.ts';
import { beatOf, ownBeatText } from '../sql/beats.ts';
import { readEndpointState } from '../sql/endpoint-state.ts';
import type { Endpoint } from '../topology/endpoint.ts';
import { checkIdentity } from '../topology/load-map.ts';
import { Breaker } from './breaker.ts';
import { speaksMysql } from './greeting.ts';
import { inSession } from './in-session.ts';
import type { ShardSession } from './session.ts';
import type { PoolLimits } from './pool-limits.ts';
import type { ServerAccess } from './server-access.ts';
import { ServerKill } from './server-kill.ts';
import type { SessionMode } from './session-set-up.ts';
import { ShardPool } from './shard-pool.ts';

/** The connections to one server of a shard. */
interface EndpointPools {
  readonly endpoint: Endpoint;
  /** Sessions are read only: writes go through transactions that pass the fence. */
  readonly routed: ShardPool;
  /** Read-write sessions for tables that are not routed. */
  readonly operator: ShardPool;
  /** For merged writes. */
  readonly merged: ShardPool;
  /** For checks of the server, which wait behind no other work, and for ending connections on it. */
  readonly health: ShardPool;
  down: boolean;
}

const OPERATOR_CONNECTIONS = 8;
/** The least number: units that wait for a lock have connections of their own, so that they do not hold up other units. */
const MERGED_CONNECTIONS = 8;
const PROBE_TIMEOUT_MS = 1_500;
const HEALTH_LIMITS: PoolLimits = {
  connections: 2,
  queue: 100,
  connectTimeoutMs: PROBE_TIMEOUT_MS,
  queueTimeoutMs: PROBE_TIMEOUT_MS,
  statementTimeoutMs: PROBE_TIMEOUT_MS,
};

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
  /** Whether the writer has answered since the last probe. */
  #heard = false;
  #lastFailure: ShardUnavailableError | undefined;
  /** Why the shard is not used although it answers; undefined when it may be used. */
  #restored: ShardRestoredError | undefined;
  #probing: Promise<void> | undefined;

  /** @param endpoints the writer as configured, then the readers */
  constructor(
    id: number,
    clusterId: string,
    endpoints: readonly Endpoint[],
    limits: PoolLimits,
    access: ServerAccess,
    telemetry: Telemetry = SILENT,
    beats?: KnownBeats,
  ) {
    this.id = id;
    this.#clusterId = clusterId;
    this.#telemetry = telemetry;
    this.#breaker = new Breaker((open) => telemetry.observer?.breakerChanged?.(id, open));
    const open = (endpoint: Endpoint, mode: SessionMode, own: PoolLimits) =>
      new ShardPool(id, endpoint, mode, own, access, telemetry);
    this.#endpoints = endpoints.map((endpoint) => {
      const pools = {
        endpoint,
        routed: open(endpoint, 'read only', limits),
        operator: open(endpoint, 'read write', { ...limits, connections: OPERATOR_CONNECTIONS }),
        merged: open(endpoint, 'merged', {
          ...limits,
          connections: Math.max(limits.connections, MERGED_CONNECTIONS),
        }),
        health: open(endpoint, 'read write', HEALTH_LIMITS),
        down: false,
      };
      const kill = new ServerKill(pools.health);
      for (const pool of [pools.routed, pools.operator, pools.merged]) {
        pool.serverKill = kill;
        if (beats !== undefined)
          pool.driver.on('connection', (connection) => this.#checkBeat(pool, connection, beats));
      }
      return pools;
    });
    this.#writer = this.#endpoints[0]!;
    this.#nameRoles();
  }

  /** Whether the shard may be used: its breaker is closed, and its database was not restored to an earlier state. */
  get live(): boolean {
    return this.#breaker.closed && this.#restored === undefined;
  }

  /** Whether to prefer it for work that may as well go elsewhere: nothing failed since its last answer. */
  get trusted(): boolean {
    return this.#breaker.trusted && this.#restored === undefined;
  }

  /** Notes why the shard must not be used although it answers; undefined when it may be used. */
  judged(refusal: ShardRestoredError | undefined): void {
    this.#restored = refusal;
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
    if (this.#restored !== undefined) throw this.#restored;
    const readers = this.#endpoints.filter((endpoint) => endpoint !== this.#writer && !endpoint.down);
    if (readers.length === 0) return this.writer();
    this.#turn = (this.#turn + 1) % readers.length;
    return readers[this.#turn]!.routed;
  }

  /** Runs `fn` with a read-write session on the writer. Nothing fences it. */
  async operate<T>(fn: (session: ShardSession) => Promise<T>): Promise<T> {
    this.writer();
    return this.attempt(() => inSession(this.#writer.operator, fn));
  }

  /** Runs `fn` with a session on the writer, whether the shard may be used or not; for short looks. */
  look<T>(fn: (session: ShardSession) => Promise<T>): Promise<T> {
    return inSession(this.#writer.health, fn);
  }

  /** {@link operate} for the first contact: it also distinguishes a server that is down from one that is not MySQL. */
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

  /** Notes a failure. When the server became read only, it looks for another writer at once. */
  failed(error: unknown): void {
    // A pool that is used up is this process's own; a reader's failure is the reader's.
    if (!(error instanceof ShardUnavailableError) || error instanceof PoolExhaustedError) return;
    // A shard that was restored does answer.
    if (error instanceof ShardRestoredError) return;
    if (error.role === 'reader' || error.shard !== this.id) return;
    // An error that arrives by several ways counts once.
    if (error === this.#lastFailure) return;
    this.#lastFailure = error;
    this.#breaker.failed();
    if (!isReadOnlyServer(error.cause ?? {})) return;
    this.#readOnly = true;
    void this.probe();
  }

  /**
   * Asks the shard's servers for their state, and finds the one that takes writes. It asks nothing when the writer has
   * answered since the last probe and nothing failed. It does ask a shard that nobody uses: otherwise its failure would be
   * noticed too late.
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

  /** Ends every connection; a statement that is under way may end within some milliseconds. */
  async close(withinMs: number): Promise<void> {
    await Promise.all(
      this.#endpoints.flatMap(({ routed, operator, merged, health }) =>
        [routed, operator, merged, health].map((pool) => pool.close(withinMs)),
      ),
    );
  }

  /**
   * Checks, before a caller gets a new connection, whether the database behind it has lost something. This covers all cases:
   * a server that was restored or failed over to has new connections only.
   */
  #checkBeat(pool: ShardPool, connection: PoolConnection, beats: KnownBeats): void {
    const judged = pool.holdBack(connection);
    const known = beats.last(this.id);
    connection.query({ sql: ownBeatText(this.id), values: null }, (error: QueryError | null, rows) => {
      // An error means that the database is not migrated yet, or that the connection failed; its caller then hears of that
      // anyway.
      const refusal = error === null ? beats.refusal(this.id, beatOf(rows), known) : undefined;
      if (refusal !== undefined) {
        this.#restored = refusal;
        connection.destroy();
      }
      judged(refusal);
    });
  }

  #live(): EndpointPools {
    if (this.#restored !== undefined) throw this.#restored;
    if (!this.live)
      throw new ShardUnavailableError(this.id, 'did not answer lately; it is tried again in the background');
    return this.#writer;
  }

  async #probe(): Promise<void> {
    const states = await Promise.all(
      this.#endpoints.map(async (endpoint) => {
        try {
          const readOnly = await inSession(endpoint.health, async (session) => {
            await checkIdentity(session, this.#clusterId);
            return readEndpointState(session);
          });
          endpoint.down = false;
          return readOnly ? undefined : endpoint;
        } catch {
          endpoint.down = true;
          return undefined;
        }
      }),
    );
    // When several servers would take writes, the present writer stays.
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

  /** Tells the pools the roles of their servers. Answers of the writer count as answers of the shard. */
  #nameRoles(): void {
    for (const endpoint of this.#endpoints) {
      const role = endpoint === this.#writer ? 'writer' : 'reader';
      endpoint.routed.role = role;
      endpoint.operator.role = role;
      endpoint.merged.role = role;
      endpoint.health.role = role;
      endpoint.routed.onAnswer = role === 'writer' ? () => this.#answered() : undefined;
      // A reader that fails is not used until it answers a probe.
      endpoint.routed.onUnavailable = role === 'reader' ? () => (endpoint.down = true) : undefined;
    }
  }
}
