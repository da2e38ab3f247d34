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

/** What the commands work with. */
export interface CommandParts {
  readonly router: CommandRouter;
  readonly catalogue: Catalogue;
  /** Where events come from, such as `/ordershard/<cluster>/orders`. */
  readonly source: string;
  readonly now: () => Date;
  /** Lets new orders in; all, if not given. */
  readonly inflow?: Pick<InflowGate, 'admit'>;
  /** When lines of bulk commands run; without it as many as fill the transactions of several shards. */
  readonly lineTurns?: LineTurns;
  /** Where orders past their retention are, if they are kept. */
  readonly archive?: ArchivedOrders | undefined;
}

/** What a change of an order works with: it never looks at the catalogue. */
export type ChangeParts = Pick<CommandParts, 'router' | 'source' | 'now' | 'archive' | 'lineTurns'>;

/** Who gives a command, and what else came with it. */
export interface CommandContext {
  readonly caller: Caller;
  /** Visible ASCII; the same command under the same key is carried out once. */
  readonly idempotencyKey?: string | undefined;
  /** The versions that the order may be at for the command; any, if not given. */
  readonly ifVersions?: readonly number[] | undefined;
  /** Whose share of the shards' attention it counts for, compared with `===`; one of each takes its turn. */
  readonly share?: unknown;
  /**
   * Why the caller may have nothing done now. The command is not carried out then: the answer to an earlier call under the
   * same key is given again, and this is thrown when there is none.
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
