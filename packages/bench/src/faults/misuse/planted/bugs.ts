import type { Bugs } from '../../planted/bug.ts';

/** The bugs of this run's kind, each of which some part of the product makes impossible. */
export const BUGS: Bugs = {
  /** Statements of a merged text stand on one line, comments and all, and its answers are not counted. */
  'one-line': {
    patches: [
      {
        file: 'shard-router/src/write/shape.ts',
        find: 'pieces: piecesOf(words),',
        replace: "pieces: text.split('?'),",
      },
      {
        file: 'shard-router/src/write/merged-text.ts',
        find: 'sql += `${segment.text}\\n;`;',
        replace: 'sql += `${segment.text};`;',
      },
      {
        file: 'shard-router/src/write/committed.ts',
        find: 'return (\n    Array.isArray(results) &&',
        replace: 'if (Array.isArray(results)) return true;\n  return (\n    Array.isArray(results) &&',
      },
    ],
    foundBy: ['comment at the end of a statement', 'SQL in a text behind a comment'],
  },
  /** COMMIT is sent behind statements that have no answer yet. */
  'commit-at-once': {
    patches: [
      {
        file: 'shard-router/src/fence/open-transaction.ts',
        find: 'const under = this.#sent.answered();\n    if (under !== undefined) {',
        replace: 'const under = this.#sent.answered();\n    if (false) {',
      },
    ],
    foundBy: ['a deadlock that is not awaited'],
  },
  /** A connection goes back to its pool as it is. */
  'as-it-is': {
    patches: [
      {
        file: 'shard-router/src/pools/give-back.ts',
        find: 'else connection.destroy();\n}',
        replace: 'else connection.release();\n}',
      },
    ],
    foundBy: ['a transaction left open in onShard', 'a statement that changes its session'],
  },
  /** A scope that has committed is run again. */
  rerun: {
    patches: [
      {
        file: 'shard-router/src/routed/scopes.ts',
        find: 'if (frame.life.committed) {',
        replace: 'if (false) {',
      },
      {
        file: 'shard-router/src/routed/scopes.ts',
        find: 'throw frame.life.committed ? onceOnly(error) : error;',
        replace: 'throw error;',
      },
    ],
    foundBy: ['a second transaction of a scope meets a fence'],
  },
  /** What the application's own deadline ends counts as the death of a shard. */
  'charged-deadline': {
    patches: [
      {
        file: 'shard-router/src/pools/shard.ts',
        find: 'failed(error: unknown): void {',
        replace:
          "failed(error: unknown): void {\n    if ((error as { code?: string }).code === 'ROUTER_DEADLINE_EXCEEDED') this.#breaker.failed();",
      },
    ],
    foundBy: ["deadlines that pass are not the shard's"],
  },
  /** The client judges, by the map that it has, whether a number may be written on a shard: the server only begins. */
  'client-judges': {
    patches: [
      {
        file: 'shard-router/src/sql/open-scope.ts',
        find: `const sql =
    keyBucket === undefined
      ? \`CALL ordershard_open_number(\${number}, \${bucket}, \${rangeFrom}, \${time})\`
      : \`CALL ordershard_open(\${number ?? 'NULL'}, \${bucket ?? 'NULL'}, \${keyBucket}, \${keyGeneration}, \${time})\`;`,
        replace: `void [keyGeneration, rangeFrom, time];
  void send(connection, 'START TRANSACTION READ WRITE', timeout, pool);
  const sql = \`SET @ordershard_rows = ',\${bucket}:\${number},', @ordershard_key_bucket = '\${keyBucket}'\`;`,
      },
    ],
    foundBy: ['queued on a shard that is not the owner'],
  },
  /** Guards compare a row's bucket with what is open, and not its number. */
  'bucket-alone': {
    patches: [
      {
        file: 'shard-router/src/guards/guard-triggers.ts',
        find: "notAmongRows(`${bucket}, ':', ${owner}`)",
        replace: "`COALESCE(INSTR(@ordershard_rows, CONCAT(',', ${bucket}, ':')), 0) = 0`",
      },
    ],
    foundBy: ['a row of another number with this bucket'],
  },
};
