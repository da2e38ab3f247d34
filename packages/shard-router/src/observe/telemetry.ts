import type { Role } from '../topology/endpoint.ts';
import { guarded, warnOnce } from './guarded.ts';
import type { RouterObserver } from './observer.ts';
import { type SqlTags, withSqlComment } from './sql-comment.ts';

/**
 * Returns the tags for the comment of a statement that is about to be sent. Called in the context of the statement's caller.
 */
export type SqlComments = () => SqlTags | undefined;

/** The observer of a router, and the comments that it puts on statements. */
export interface Telemetry {
  readonly observer: RouterObserver | undefined;
  /** Puts the comment on the text of a statement to a shard. */
  readonly comment: ((sql: string, shard: number) => string) | undefined;
}

/** A pool of connections, as observers see it. */
export interface ObservedPool extends Telemetry {
  readonly shard: number;
  /** The role of its server now. */
  readonly role: Role;
}

/** No observer, and no comments. */
export const SILENT: Telemetry = { observer: undefined, comment: undefined };

/** Builds the telemetry that a router's options ask for. Nothing in it can fail a statement. */
export function telemetryOf(observer?: RouterObserver, comments?: SqlComments): Telemetry {
  return {
    observer: observer === undefined ? undefined : guarded(observer),
    comment: comments === undefined ? undefined : commenter(comments),
  };
}

function commenter(comments: SqlComments): NonNullable<Telemetry['comment']> {
  const warn = warnOnce('sqlComments');
  return (sql, shard) => {
    try {
      return withSqlComment(sql, { shard, ...comments() });
    } catch (error) {
      warn(error);
      return sql;
    }
  };
}

/** Returns a statement's text as it is sent: with the comment, if one was asked for. Not for prepared statements. */
export function commented(pool: ObservedPool | undefined, sql: string): string {
  return pool?.comment === undefined ? sql : pool.comment(sql, pool.shard);
}
