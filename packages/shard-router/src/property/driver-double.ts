import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import { createPool, type Pool, type PoolOptions } from 'mysql2';
import { type KeptStatus, STATUS } from '../pools/server-status.ts';
import { encodeMapBody, initialMap } from '../topology/map.ts';

type Done = (error: Error | null, result?: unknown, fields?: unknown) => void;

/** A statement that reached a server, marked in its text by `op` and a number. */
export interface Reached {
  readonly shard: number;
  readonly connection: number;
  /** The target of the fenced transaction that was open on the connection, as the server was told it. */
  readonly transaction: string | undefined;
}

/** What a statement's text says to the double, besides its number: that the server refuses it. */
export const BROKEN = '/*broken*/';

/** That the server gave the transaction up for another's sake. */
export const DEADLOCKED = '/*deadlocked*/';

/** Shards and buckets of the double's cluster. */
export const SHARDS = 3;
const CLUSTER = 'double';
const BUCKETS = 64;

/** Stands in for the servers and for the driver's pools on them. Answers come in the order that `choose` gives. */
export class DriverDouble {
  readonly reached = new Map<number, Reached>();
  /** Every statement, as its server got it. */
  log: { readonly shard: number; readonly sql: string }[] | undefined;
  /** What a server would have noticed as wrong. */
  readonly complaints: string[] = [];
  /** Whether no server answers any more. */
  silent = false;
  choose: (choices: number) => number = () => 0;
  readonly #pending: (() => void)[] = [];
  // Answers come from outside every scope, as those of a socket that was opened long ago do.
  readonly #outside = new AsyncResource('DriverDouble');
  #pumping = false;
  #connections = 0;

  /** The driver's own function, for pools whose connections are the double's. */
  readonly createPool = (options: PoolOptions): Pool => {
    const pool = createPool(options);
    const shard = Number(/\d+/.exec(options.host ?? '')?.[0]);
    const free: ConnectionDouble[] = [];
    const getConnection = (done: (error: Error | null, connection: ConnectionDouble) => void): void => {
      const connection = free.pop() ?? new ConnectionDouble(this, shard, (this.#connections += 1), free);
      process.nextTick(done, null, connection);
    };
    return Object.assign(pool, { getConnection, end: (done: () => void) => process.nextTick(done) });
  };

  /** Calls `fn` some time later, outside every scope. */
  later(fn: () => void): void {
    this.#pending.push(fn);
    if (this.#pumping) return;
    this.#pumping = true;
    this.#outside.runInAsyncScope(() => setImmediate(() => this.#pump()));
  }

  #pump(): void {
    for (let answers = 1 + (this.#pending.length >> 3); answers > 0; answers -= 1) {
      const [fn] = this.#pending.splice(this.choose(this.#pending.length), 1);
      fn?.();
    }
    this.#pumping = this.#pending.length > 0;
    if (this.#pumping) setImmediate(() => this.#pump());
  }
}

/** A connection that answers what the router itself asks, and notes every marked statement. */
class ConnectionDouble extends EventEmitter {
  /** Read by the driver's promise connections. */
  readonly config = { trace: false };
  readonly #double: DriverDouble;
  readonly #shard: number;
  readonly #id: number;
  readonly #free: ConnectionDouble[];
  #last: Promise<void> = Promise.resolve();
  #underWay = 0;
  #transaction: string | undefined;
  #destroyed = false;

  constructor(double: DriverDouble, shard: number, id: number, free: ConnectionDouble[]) {
    super();
    this.setMaxListeners(0);
    this.#double = double;
    this.#shard = shard;
    this.#id = id;
    this.#free = free;
    const transaction = () => this.#transaction;
    this[STATUS] = {
      /** What a server's last answer says: autocommit, and whether a transaction is open. */
      get flags() {
        return transaction() === undefined ? 2 : 3;
      },
      handling: false,
    };
  }

  readonly [STATUS]: KeptStatus;

  /** What the driver has of statements that are under way. */
  get _commands(): { readonly length: number } {
    return { length: this.#underWay };
  }

  query(sql: string | { readonly sql: string }, values?: unknown, done?: Done): void {
    const text = typeof sql === 'string' ? sql : sql.sql;
    const answer = (typeof values === 'function' ? values : done) as Done | undefined;
    this.addCommand(Object.assign(new EventEmitter(), { sql: text, onResult: answer }));
  }

  /** The driver's queue, through which every method sends. */
  addCommand(command: EventEmitter & { readonly sql: string; onResult: Done | undefined }): unknown {
    this[STATUS].watch?.(command as never);
    const { sql: text } = command;
    const answer: Done = (...args) => {
      command.onResult?.(...args);
      command.emit('end');
    };
    this.#underWay += 1;
    // One at a time, as a server takes them from a connection.
    const before = this.#last;
    this.#last = new Promise((resolve) => {
      void before.then(() =>
        this.#double.later(() => {
          this.#underWay -= 1;
          if (this.#destroyed) answer(Object.assign(new Error('destroyed'), { fatal: true }));
          else this.#answer(text, answer);
          resolve();
        }),
      );
    });
    return command;
  }

  execute(sql: string | { readonly sql: string; values?: unknown }, values?: unknown, done?: Done): void {
    const sent = typeof sql === 'object' ? sql.values : values;
    if (Array.isArray(sent) && sent.includes(undefined)) throw new TypeError('undefined'); // As the driver does.
    this.query(sql, values, done);
  }

  release(): void {
    if (this.#destroyed) return;
    if (this.#transaction !== undefined)
      this.#complain(`was given back inside a transaction for ${this.#transaction}`);
    if (this.#underWay > 0) this.#complain('was given back with statements under way');
    if (this.#free.includes(this)) this.#complain('was given back twice');
    else this.#free.push(this);
  }

  destroy(): void {
    this.#destroyed = true;
  }

  #answer(sql: string, done: Done): void {
    this.#double.log?.push({ shard: this.#shard, sql });
    if (this.#double.silent) return;
    const op = /\/\*op (\d+)\*\//.exec(sql)?.[1];
    if (op !== undefined) {
      const place = { shard: this.#shard, connection: this.#id, transaction: this.#transaction };
      this.#double.reached.set(Number(op), place);
    }
    if (sql.includes(BROKEN)) done(Object.assign(new Error('refused by the server'), { errno: 1064 }));
    else if (sql.includes(DEADLOCKED)) done(Object.assign(new Error('gave it up'), { errno: 1213 }));
    else done(null, this.#result(sql), []);
  }

  #result(sql: string): unknown {
    const open = /^CALL ordershard_open(_number)?\((\w+), (\w+), (\w+)/.exec(sql);
    if (open !== null) {
      if (this.#transaction !== undefined) this.#complain('got a second transaction');
      const [, alone, number, bucket, keyBucket] = open;
      this.#transaction = `${number} ${bucket} ${alone === undefined ? keyBucket : 'NULL'}`;
    }
    const text = /^CALL ordershard_open_text\(x'(\w+)'/.exec(sql)?.[1];
    if (text !== undefined) {
      if (this.#transaction !== undefined) this.#complain('got a second transaction');
      this.#transaction = `text ${Buffer.from(text, 'hex').toString()}`;
      return [[FENCE], { affectedRows: 0, insertId: 0, warningStatus: 0, serverStatus: 3 }];
    }
    if (/^START TRANSACTION READ ONLY/i.test(sql)) this.#transaction = 'reads';
    if (/^(CALL ordershard_(commit|rollback)|COMMIT|ROLLBACK(?! TO))/i.test(sql))
      this.#transaction = undefined;
    if (sql.includes('FROM shard_identity')) return [identityOf(this.#shard)];
    if (sql.includes('FROM shard_maps')) return [STORED_MAP];
    if (/^\s*SELECT/i.test(sql)) return [];
    return {
      affectedRows: 0,
      insertId: 0,
      warningStatus: 0,
      serverStatus: this.#transaction === undefined ? 2 : 3,
    };
  }

  #complain(what: string): void {
    this.#double.complaints.push(`connection ${this.#id} of shard ${this.#shard} ${what}`);
  }
}

const FENCE = {
  state: 'owned',
  generation: 1,
  next_owner: null,
  writable_from: '0',
  readable_from: '0',
  now_ms: '0',
};

const map = initialMap(
  CLUSTER,
  BUCKETS,
  Array.from({ length: SHARDS }, (_, shard) => shard),
);
const STORED_MAP = {
  version: map.version,
  parent_hash: map.parentHash,
  hash: map.hash,
  body: encodeMapBody(map),
};

function identityOf(shard: number): object {
  return { cluster_id: CLUSTER, shard_id: shard, bucket_count: BUCKETS };
}

/** The options of a router on the double. No time of it may pass while a busy machine holds the test up. */
export const DOUBLE_OPTIONS = {
  limits: { connectTimeoutMs: 600_000, queueTimeoutMs: 600_000, statementTimeoutMs: 600_000 },
  clusterId: CLUSTER,
  shards: Array.from({ length: SHARDS }, (_, id) => ({ id, writer: `mysql://u:p@shard-${id}/double` })),
} as const;
