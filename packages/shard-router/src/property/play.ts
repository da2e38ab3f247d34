import type { QueryError } from 'mysql2';
import type { PoolConnection } from 'mysql2/promise';
import type { ShardRouter, WriteTarget } from '../index.ts';
import { BROKEN, type DriverDouble, SHARDS } from './driver-double.ts';
import {
  lifeOf,
  openElsewhere,
  PlannedFailure,
  sameRows,
  type ScopeModel,
  type TransactionModel,
} from './model.ts';
import { passTime } from './pauses.ts';
import type { Step, Via } from './schedule.ts';

type Of<Do extends Step['do']> = Extract<Step, { do: Do }>;

/** The targets that schedules choose from. They lie on several shards, and two of them on one. */
export const TARGETS: readonly WriteTarget[] = [
  { key: 'basket-1' },
  { number: 240_000_000_000_000_001n },
  { number: 240_000_000_000_000_002n },
  { number: 240_000_000_000_000_003n },
  { text: 'cart-1' },
];

/** Codes with which work is refused once its scope, or what is around it, is over. */
const REFUSALS = ['ROUTER_SCOPE_CLOSED', 'ROUTER_SHARD_MISMATCH'];

let lastOp = 0;

/** Plays schedules on a router and notes all that goes against its promises. */
export class Player {
  readonly violations: string[] = [];
  /** How often each kind of thing was seen, for a check that the schedules meet them all. */
  readonly seen = new Map<string, number>();
  readonly #router: ShardRouter;
  readonly #double: DriverDouble;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(router: ShardRouter, double: DriverDouble) {
    this.#router = router;
    this.#double = double;
  }

  /** Plays a schedule to its end, the work that it left behind included. */
  async play(steps: readonly Step[]): Promise<void> {
    await this.#steps(steps, undefined).catch((error: unknown) => this.#planned(error));
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  async #steps(steps: readonly Step[], scope: ScopeModel | undefined): Promise<void> {
    for (const step of steps) await this.#step(step, scope);
  }

  async #step(step: Step, scope: ScopeModel | undefined): Promise<void> {
    switch (step.do) {
      case 'statement':
        return this.#statement(step, scope);
      case 'pause':
        return passTime(step.pause, this.#double);
      case 'fail':
        throw new PlannedFailure();
      case 'detach':
        void this.#follow(this.#steps(step.body, scope)).catch((error: unknown) => this.#planned(error));
        return undefined;
      case 'parallel':
        return this.#caught(step.caught, () =>
          Promise.all(step.branches.map((branch) => this.#follow(this.#steps(branch, scope)))),
        );
      case 'scope':
        return this.#caught(step.caught, () => this.#scope(step, scope));
      case 'connection':
        return this.#connection(step, scope);
    }
  }

  /** One statement, after which it is known where it went. */
  async #statement({ via, broken }: Of<'statement'>, scope: ScopeModel | undefined): Promise<void> {
    const { handle } = scope ?? {};
    if (via === 'handle' && handle !== undefined) {
      if (lifeOf(handle.scope) === 'over') this.#saw('handle of a scope that is over');
      await this.#judged(handle.scope, broken, scope?.transaction, (sql) => handle.session.execute(sql));
      return;
    }
    await this.#judged(scope, broken, scope?.transaction, (sql) => this.#send(via, sql, scope));
  }

  #send(via: Via, sql: string, scope: ScopeModel | undefined): Promise<unknown> {
    const pool = this.#router.pool.promise();
    if (via === 'query') return pool.query(sql);
    if (via !== 'callback') return pool.execute(sql);
    return new Promise((resolve, reject) => {
      this.#router.pool.query(sql, (error: QueryError | null) => {
        // The callback runs in the context of whoever passed it: what it sends belongs to the scope.
        const next = this.#judged(scope, false, scope?.transaction, (text) => pool.query(text));
        void this.#follow(next);
        if (error === null) resolve(next);
        else reject(error);
      });
    });
  }

  /** Sends a statement and compares what became of it with what must: where it went, or how it was refused. */
  async #judged(
    scope: ScopeModel | undefined,
    broken: boolean,
    transaction: { readonly target: WriteTarget } | undefined,
    send: (sql: string) => Promise<unknown>,
  ): Promise<void> {
    const op = (lastOp += 1);
    const life = scope === undefined ? 'none' : lifeOf(scope);
    this.#saw(`statement, scope: ${life}`);
    let code: string | undefined;
    try {
      await send(`UPDATE t SET a = 1 /*op ${op}*/ ${broken ? BROKEN : ''}`);
    } catch (error) {
      code = (error as { code?: string }).code ?? (error as Error).message;
    }
    const reached = this.#double.reached.get(op);
    this.#double.reached.delete(op);
    const wrong = (what: string) => this.violations.push(`statement ${op} (scope: ${life}): ${what}`);
    // A scope that ends takes its connections back: what is under way on them is not answered any more.
    if (code === 'ROUTER_SCOPE_CLOSED' && scope !== undefined && lifeOf(scope) !== 'open') return;
    if (reached === undefined) {
      const expected = life === 'none' ? 'ROUTER_NO_SHARD' : 'ROUTER_SCOPE_CLOSED';
      if (life === 'open') wrong(`was refused with ${code}`);
      else if (code !== expected) wrong(`was refused with ${code}, not ${expected}`);
      return;
    }
    if (scope === undefined || life === 'over') {
      wrong(`reached shard ${reached.shard}`);
      return;
    }
    if (reached.shard !== scope.shard) wrong(`reached shard ${reached.shard}, not ${scope.shard}`);
    const { transaction: found } = reached;
    const expected = transaction === undefined ? undefined : this.#told(transaction.target);
    if (found !== expected) wrong(`ran in the transaction of ${found}, not ${expected}`);
    if ((code !== undefined) !== broken) wrong(`reached its shard and ended with ${code}`);
  }

  /** How a server is told a target. */
  #told({ number, key, text }: WriteTarget): string {
    if (text !== undefined) return `text ${text}`;
    const bucket = (of: string | bigint | undefined) =>
      of === undefined ? 'NULL' : String(this.#router.bucketOf(of));
    return `${number ?? 'NULL'} ${bucket(number)} ${bucket(key)}`;
  }

  async #scope(
    { kind, target: chosen, again, body }: Of<'scope'>,
    outer: ScopeModel | undefined,
  ): Promise<void> {
    const index = again ? (outer?.index ?? chosen) : chosen;
    const target = TARGETS[index]!;
    const key = target.number ?? (target as { readonly key: string } | { readonly text: string });
    const shard = kind === 'withShard' ? index % SHARDS : this.#router.shardOf(key);
    const around = outer === undefined ? 'none' : lifeOf(outer);
    const joins = outer?.transaction;
    const mismatch =
      joins !== undefined &&
      (kind === 'transaction' ? !sameRows(joins.target, target) : outer!.shard !== shard);
    // Inside the router's transaction nothing opens another: what siblings began meanwhile around it does not matter.
    const asks = joins === undefined;
    const surely = mismatch || (asks && openElsewhere(outer, shard, 'surely'));
    const perhaps = surely || (asks && openElsewhere(outer, shard, 'maybe'));
    const transaction: TransactionModel | undefined =
      joins ?? (kind === 'transaction' ? { target, life: 'open', doomed: false } : undefined);
    const scope: ScopeModel = {
      index,
      shard,
      target: kind === 'withShard' ? (outer?.shard === shard ? outer.target : undefined) : target,
      transaction,
      around: outer,
      begun: { maybe: 0, surely: 0, ever: 0 },
      handle: outer?.transaction === undefined ? undefined : outer.handle,
      life: 'open',
    };
    let entered = false;
    let failure: unknown;
    let doomedInTime = false;
    const inside = async (): Promise<void> => {
      entered = true;
      try {
        await this.#steps(body, scope);
      } catch (error) {
        failure = error;
        throw error;
      } finally {
        scope.life = 'ending';
        doomedInTime = transaction?.doomed === true;
        if (transaction !== undefined && joins === undefined) transaction.life = 'ending';
      }
    };
    let code: string | undefined;
    try {
      if (kind === 'withKey') await this.#router.withKey(key, inside);
      else if (kind === 'withShard') await this.#router.withShard(shard, inside);
      else if (kind === 'sharded') await this.#router.sharded((of: typeof key) => of, inside)(key);
      else {
        await this.#router.transaction(target, (session) => {
          scope.handle = { session, scope };
          return inside();
        });
      }
    } catch (error) {
      if (error !== failure || !entered) code = (error as { code?: string }).code ?? String(error);
    } finally {
      scope.life = 'over';
      if (transaction !== undefined && joins === undefined) transaction.life = 'over';
    }
    if (kind === 'transaction' && joins !== undefined && failure !== undefined) joins.doomed = true;
    this.#judgeScope(
      {
        kind,
        around,
        mismatch: entered ? surely : perhaps,
        entered,
        code,
        joined: joins !== undefined,
        doomedInTime,
      },
      failure,
    );
    if (failure !== undefined) throw failure;
    // A caller sees a refusal as a failure of its own.
    if (code !== undefined) throw new PlannedFailure(code);
  }

  #judgeScope(
    seen: {
      kind: string;
      around: string;
      mismatch: boolean;
      entered: boolean;
      code: string | undefined;
      joined: boolean;
      doomedInTime: boolean;
    },
    failure: unknown,
  ): void {
    const { kind, around, mismatch, entered, code, joined, doomedInTime } = seen;
    this.#saw(`scope, around: ${around}`);
    if (mismatch && !entered) this.#saw('another shard or target inside a transaction');
    if (kind === 'transaction' && joined && entered) this.#saw('transaction inside another');
    if (code === 'ROUTER_ROLLBACK_ONLY') this.#saw('transaction with a failed part');
    const wrong = (what: string) =>
      this.violations.push(`${kind} (around: ${around}${mismatch ? ', mismatch' : ''}): ${what}`);
    if (!entered) {
      if (code === undefined) wrong('did not run its callback');
      else if (around === 'open' || around === 'none') {
        if (!mismatch || code !== 'ROUTER_SHARD_MISMATCH') wrong(`was refused with ${code}`);
      } else if (!REFUSALS.includes(code)) wrong(`was refused with ${code}`);
      return;
    }
    if (mismatch) wrong('was entered');
    if (failure !== undefined) {
      if (code !== undefined) wrong(`hid its failure behind ${code}`);
      return;
    }
    if (kind === 'transaction' && !joined && doomedInTime && code !== 'ROUTER_ROLLBACK_ONLY')
      wrong(`was committed though a part had failed (${code})`);
    if (code !== undefined && !(kind === 'transaction' && !joined && code === 'ROUTER_ROLLBACK_ONLY'))
      wrong(`ended with ${code}`);
  }

  /** A connection of the routing pool, with a transaction perhaps, and some statements on it. */
  async #connection(
    { begins, statements, pause, end }: Of<'connection'>,
    scope: ScopeModel | undefined,
  ): Promise<void> {
    const life = scope === undefined ? 'none' : lifeOf(scope);
    let connection: PoolConnection;
    try {
      connection = await this.#router.pool.promise().getConnection();
    } catch (error) {
      const { code } = error as { code?: string };
      const expected = life === 'none' ? 'ROUTER_NO_SHARD' : 'ROUTER_SCOPE_CLOSED';
      // Its scope may have ended while a connection was waited for.
      const open = life === 'open' && lifeOf(scope!) === 'open';
      if (open || code !== expected) this.violations.push(`getConnection (${life}): ${code}`);
      return;
    }
    if (life === 'none' || life === 'over') this.violations.push(`getConnection (${life}) gave one`);
    const { begun } = scope!;
    let opened = false;
    try {
      const around = scope!.transaction;
      const counts = begins && around === undefined;
      if (counts) {
        begun.maybe += 1;
        begun.ever += 1;
      }
      if (begins) await connection.beginTransaction();
      if (counts) {
        opened = true;
        begun.surely += 1;
      }
      const own = around ?? (begins ? scope!.target : undefined);
      const inside = own === undefined ? undefined : 'target' in own ? own : { target: own };
      const readOnly = begins && around === undefined && scope!.target === undefined;
      for (let i = 0; i < (readOnly ? 0 : statements); i += 1) {
        await this.#judged(scope, false, inside as TransactionModel, (sql) => connection.query(sql));
        await passTime(pause, this.#double);
      }
      if (opened) begun.surely -= 1;
      opened = false;
      if (begins && end !== 'nothing') await connection[end]();
    } catch (error) {
      const { code } = error as { code?: string };
      const elsewhere = code === 'ROUTER_SHARD_MISMATCH' && openElsewhere(scope, scope!.shard, 'ever');
      if (elsewhere) this.#saw('a begin while a transaction of another shard is open around it');
      else if (lifeOf(scope!) === 'open')
        this.violations.push(`a connection failed with ${code}: ${String(error)}`);
      else if (code !== 'ROUTER_SCOPE_CLOSED') this.violations.push(`a connection was refused with ${code}`);
    } finally {
      if (opened) begun.surely -= 1;
      connection.release();
      if (begins && scope!.transaction === undefined) begun.maybe -= 1;
    }
  }

  #saw(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  async #caught(caught: boolean, fn: () => Promise<unknown>): Promise<void> {
    try {
      await fn();
    } catch (error) {
      this.#planned(error);
      if (!caught) throw error;
    }
  }

  #planned(error: unknown): void {
    if (!(error instanceof PlannedFailure)) this.violations.push(`unplanned: ${String(error)}`);
  }

  /** Notes that something runs which perhaps nobody waits for. */
  #follow<T>(work: Promise<T>): Promise<T> {
    const settled = work.catch(() => undefined).finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
    return work;
  }
}
