import type { Role } from '../topology/endpoint.ts';
import { guarded, warnOnce } from './guarded.ts';
import type { RouterObserver } from './observer.ts';
import { type SqlTags, withSqlComment } from './sql-comment.ts';

/** Gives the tags of the comment of a statement that is about to be sent, in the context of its caller. */
export type SqlComments = () => SqlTags | undefined;

/** What a router tells of its work, and to whom. */
export interface Telemetry {
  readonly observer: RouterObserver | undefined;
  /** Puts the comment on the text of a statement to a shard. */
  readonly comment: ((sql: string, shard: number) => string) | undefined;
}

/** A pool of connections, as its statements are told of. */
export interface ObservedPool extends Telemetry {
  readonly shard: number;
  /** What its server is for now. */
  readonly role: Role;
}

/** Nobody looks. */
export const SILENT: Telemetry = { observer: undefined, comment: undefined };

/** What options of a router ask for, made so that nothing in it can fail a statement. */
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

/** A statement's text as it is sent: with the comment that was asked for. Not for prepared statements. */
export function commented(pool: ObservedPool | undefined, sql: string): string {
  return pool?.comment === undefined ? sql : pool.comment(sql, pool.shard);
}
