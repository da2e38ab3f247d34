import type { OrderSnapshot } from '@ordershard/order-events';
import type { ShardRouter } from '@ordershard/shard-router';
import type { ArchivedOrders } from '../archive/archived-orders.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { InflowGate } from '../throttle/inflow-gate.ts';
import type { Caller } from './caller.ts';
import type { LineTurns } from './line-turns.ts';

/** What the commands need of a router. */
export type CommandRouter = Pick<
  ShardRouter,
  | 'drawNumber'
  | 'drawNumberFor'
  | 'keyGenerationOf'
  | 'liveShards'
  | 'readEarlier'
  | 'readRows'
  | 'refreshMap'
  | 'shardOf'
  | 'transaction'
  | 'write'
>;

/** The dependencies of the commands. */
export interface CommandParts {
  readonly router: CommandRouter;
  readonly catalogue: Catalogue;
  /** Where events come from, such as `/ordershard/<cluster>/orders`. */
  readonly source: string;
  readonly now: () => Date;
  /** Decides which new orders are let in; if absent, all are. */
  readonly inflow?: Pick<InflowGate, 'admit'>;
  /** Decides when lines of bulk commands run; if absent, enough run at once to fill the transactions of several shards. */
  readonly lineTurns?: LineTurns;
  /** The archive of orders past their retention, if there is one. */
  readonly archive?: ArchivedOrders | undefined;
}

/** The dependencies of a change of an order, which never reads the catalogue. */
export type ChangeParts = Pick<CommandParts, 'router' | 'source' | 'now' | 'archive' | 'lineTurns'>;

/** Who gives a command, and what else came with it. */
export interface CommandContext {
  readonly caller: Caller;
  /** Visible ASCII; the same command under the same key is carried out once. */
  readonly idempotencyKey?: string | undefined;
  /** The versions that the order may be at for the command; any, if not given. */
  readonly ifVersions?: readonly number[] | undefined;
  /**
   * The share of the shards' attention that the command counts for, compared with `===`. Shares take turns, one command of
   * each.
   */
  readonly share?: unknown;
  /**
   * Set when the caller may have nothing done now; says why. The command is then not carried out: the call returns the answer
   * to an earlier call with the same key, or throws this error when there is none.
   */
  readonly refusal?: Error | undefined;
  /** W3C trace context. */
  readonly traceparent?: string | undefined;
}

/** The order after a command. */
export interface Outcome {
  readonly snapshot: OrderSnapshot;
  /** Whether this is the answer to an earlier call under the same key. */
  readonly replayed: boolean;
}
