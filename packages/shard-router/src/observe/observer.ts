import { RouterError } from '../errors.ts';
import type { Role } from '../topology/endpoint.ts';

/** The purpose of a statement. There are only a few, so that they may be labels. */
export type StatementKind = 'read' | 'write' | 'begin' | 'commit' | 'rollback' | 'other';

export interface StatementStart {
  readonly shard: number;
  readonly role: Role;
  readonly kind: StatementKind;
}

export interface TransactionStart {
  /** The shard that it is first tried on. */
  readonly shard: number;
}

export interface TransactionEnd {
  /** The shard of the last attempt: another one than the first, if a fence sent the transaction on. */
  readonly shard: number;
  readonly outcome: 'committed' | 'rolled back' | 'aborted' | 'unknown';
  /** How often it was begun, including the last time. */
  readonly attempts: number;
  readonly error: unknown;
}

/** Something that is under way. */
export interface Observation<End> {
  end(result: End): void;
  /** Runs a function as a part of it: work that begins inside is then seen as its child. */
  within?<T>(fn: () => T): T;
}

/**
 * Is called for what a router does. Each method may be left out, and then costs nothing. The router calls the methods on the
 * way of every statement, so they must be quick. If one throws, no statement comes to harm, and the process is warned of it
 * once.
 */
export interface RouterObserver {
  /** A wait for a connection has ended. `error` is set when it got none. */
  connectionAcquired?(shard: number, role: Role, waitedMs: number, error: unknown): void;
  /** A statement is sent. The router calls `end` of the returned observation when the statement ends. */
  statement?(start: StatementStart): Observation<{ readonly error: unknown }>;
  /** A transaction of the router is begun. The router calls `end` of the returned observation when the transaction ends. */
  transaction?(start: TransactionStart): Observation<TransactionEnd>;
  /** A shard's fence refused a write, or a read: its bucket is elsewhere, shut for the moment, or the number too old. */
  fenceRejected?(shard: number, reason: 'elsewhere' | 'shut' | 'not writable'): void;
  /** The router has looked for the shard map. `error` is set when it got none, or refused the one that it got. */
  mapReloaded?(version: number, error: unknown): void;
  breakerChanged?(shard: number, open: boolean): void;
  /** A shard that was not known at the start is used from now on. */
  shardAdded?(shard: number): void;
  /** A shard has left the cluster: it owns nothing any more, and is not used from now on. */
  shardRemoved?(shard: number): void;
  /** Another server of the shard takes the writes from now on. */
  failedOver?(shard: number): void;
  numbersDrawn?(count: number): void;
  /** Units of work were committed together. */
  unitsMerged?(shard: number, units: number): void;
}

/** The code of an error as a label: the router's, or the driver's (`ER_…`, `ECONN…`); empty without one. */
export function codeOf(error: unknown): string {
  if (error === undefined || error === null) return '';
  if (error instanceof RouterError) return error.code;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(code) ? code : 'OTHER';
}

const TRANSACTION =
  /^\s*(?:(call\s+ordershard_open(?:_(?:number|text))?\b|begin\b|start\s+transaction\b)|(call\s+ordershard_commit\b|commit\b)|call\s+ordershard_rollback\b|rollback\b(?!\s+to\b))/i;
const READS = /^[\s(]*(?:select|show|explain|describe|with)\b/i;
const WRITES = /^\s*(?:insert|update|delete|replace|call|load)\b/i;

/** Returns the purpose of a statement, by its first word. */
export function kindOfStatement(sql: string): StatementKind {
  if (READS.test(sql)) return 'read';
  const control = TRANSACTION.exec(sql);
  if (control === null) return WRITES.test(sql) ? 'write' : 'other';
  if (control[1] !== undefined) return 'begin';
  return control[2] === undefined ? 'rollback' : 'commit';
}
