import type { Readable } from 'node:stream';
import type { PoolConnection, Query, QueryError } from 'mysql2';
import type { FacadeStep } from '../property/facade-program.ts';
import type { ShardRouter } from '../router.ts';
import { MANY, outcome } from './facade.fixture.ts';

/** Notes a row in the one row of the program's number. */
const NOTE = 'UPDATE notes SET body = CONCAT(body, ?) WHERE number = ?';
const BODY = 'SELECT body FROM notes WHERE number = ?';
/** Fewer rows than a stream takes before it is read, and more. */
const rowsUpTo = (count: number) =>
  `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) SELECT i FROM n`;

const TEXTS: Partial<Record<FacadeStep['do'], readonly string[]>> = {
  // The third is READ_WRITE of the model.
  begin: ['BEGIN', '/* c */ begin work;', 'START TRANSACTION READ WRITE', 'START /* c */ TRANSACTION'],
  'begin to read': ['START TRANSACTION READ ONLY', '-- c\nSTART TRANSACTION READ ONLY'],
  'next reads': ['SET TRANSACTION READ ONLY'],
  commit: ['COMMIT', 'commit /* c */ work', 'COMMIT AND NO CHAIN'],
  rollback: ['ROLLBACK', '# c\nROLLBACK NO RELEASE'],
  savepoint: ['SAVEPOINT a', 'savepoint `a`'],
  'rollback to': ['ROLLBACK TO a', 'ROLLBACK WORK TO SAVEPOINT a'],
  'release savepoint': ['RELEASE SAVEPOINT a'],
  forbidden: ['COMMIT AND CHAIN', 'TRUNCATE TABLE notes', 'SET autocommit = 0', '/*! COMMIT */'],
  session: ['SET SESSION group_concat_max_len = 99', 'SELECT @a := 1'],
};

/** Where a program's steps are done. */
export interface Stage {
  readonly router: ShardRouter;
  readonly connection: PoolConnection;
  readonly number: bigint;
  /** Is told of the rows that a read of the pool has seen. */
  readonly seen: (body: string) => void;
}

type Call = (sql: string, values: readonly unknown[], done?: (error: QueryError | null) => void) => Query;
type Promised = (sql: string, values: readonly unknown[]) => Promise<readonly [unknown, unknown]>;

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error);

/** How a statement without a callback ends. */
function ended(query: Query): Promise<string> {
  return new Promise((resolve) => {
    query.on('error', (error: unknown) => resolve(codeOf(error))).on('end', () => resolve('ok'));
  });
}

/** Does a step, and tells what became of it. */
export function doStep(stage: Stage, step: FacadeStep, row: number): Promise<string> {
  const { connection, router, number } = stage;
  switch (step.do) {
    case 'give back':
      connection.release();
      return Promise.resolve('ok');
    case 'destroy':
      connection.destroy();
      return Promise.resolve('ok');
    case 'ping':
      return step.by === 'promise'
        ? connection
            .promise()
            .ping()
            .then(() => 'ok', codeOf)
        : outcome((done) => connection.ping(done as never));
    case 'fail unheard':
      connection.query('SELECT nonsense');
      return Promise.resolve('ok');
    case 'unread stream':
      connection.query(rowsUpTo(5)).stream();
      return Promise.resolve('ok');
    case 'pool unread stream':
      router.pool.query(rowsUpTo(5)).stream();
      return Promise.resolve('ok');
    case 'read stream':
      return drained(connection.query(rowsUpTo(40)).stream(), 40);
    case 'half read stream':
      return drained(connection.query(rowsUpTo(40)).stream(), 3);
    case 'pool stream':
      return drained(router.pool.query(rowsUpTo(40)).stream(), step.text === 0 ? 3 : 40);
    case 'pool select':
    case 'pool body':
    case 'pool write':
      return onPool(stage, step, row);
    case 'select':
      return sent(stage, step, 'SELECT ? AS n', [row]);
    case 'write':
      return sent(stage, step, NOTE, [`,${row}`, number]);
    default: {
      const method = step.by === 'method' ? methodOf(connection, step.do) : undefined;
      if (method !== undefined) return outcome(method as never);
      const texts = TEXTS[step.do]!;
      return sent(stage, step, texts[step.text % texts.length]!, []);
    }
  }
}

/** Begins a stream of many rows that nobody reads to its end. */
export function leaveStream(from: Pick<PoolConnection, 'query'>, half: boolean): void {
  const rows = from.query(MANY).stream();
  if (half) rows.once('readable', () => rows.read());
}

function methodOf(connection: PoolConnection, name: string): ((done: unknown) => void) | undefined {
  if (name === 'commit') return (done) => connection.commit(done as never);
  if (name === 'rollback') return (done) => connection.rollback(done as never);
  return undefined;
}

/** Sends a statement on the connection; it is prepared where it has values, every other time. */
function sent({ connection }: Stage, step: FacadeStep, sql: string, values: unknown[]): Promise<string> {
  const method = values.length > 0 && step.text % 2 === 1 ? 'execute' : 'query';
  const call = connection[method].bind(connection) as unknown as Call;
  if (step.by === 'events') return ended(call(sql, values));
  if (step.by === 'callback') return outcome((done) => call(sql, values, done));
  const promised = connection.promise();
  return (promised[method].bind(promised) as unknown as Promised)(sql, values).then(() => 'ok', codeOf);
}

/** Sends a statement on the pool: a read of a value, of the body, or a write that no transaction holds. */
async function onPool({ router, number, seen }: Stage, step: FacadeStep, row: number): Promise<string> {
  const [sql, values] =
    step.do === 'pool select'
      ? ['SELECT ? AS seen', [String(row)]]
      : step.do === 'pool body'
        ? [BODY.replace('body', 'body AS seen'), [number]]
        : [NOTE, [`,${row}`, number]];
  const method = step.text % 2 === 1 ? 'execute' : 'query';
  try {
    const rows = await (step.by === 'promise' ? promised() : called());
    if (step.do === 'pool select' && rows[0]?.seen !== String(row)) return `read ${JSON.stringify(rows)}`;
    if (step.do === 'pool body') seen(rows[0]!.seen);
    return 'ok';
  } catch (error) {
    return codeOf(error);
  }

  async function promised(): Promise<{ seen: string }[]> {
    const pool = router.pool.promise();
    const [rows] = await (pool[method].bind(pool) as unknown as Promised)(sql as string, values as unknown[]);
    return rows as { seen: string }[];
  }

  function called(): Promise<{ seen: string }[]> {
    return new Promise((resolve, reject) => {
      const done = (error: unknown, rows: unknown) =>
        error === null ? resolve(rows as { seen: string }[]) : reject(error as Error);
      (router.pool[method].bind(router.pool) as (...args: unknown[]) => unknown)(sql, values, done);
    });
  }
}

/** Reads so many rows of a stream, and ends it if it has more. */
async function drained(stream: Readable, count: number): Promise<string> {
  let rows = 0;
  try {
    for await (const _ of stream) {
      rows += 1;
      if (rows === count && count < 40) break;
    }
    return rows === count ? 'ok' : `${rows} rows`;
  } catch (error) {
    return codeOf(error);
  }
}
