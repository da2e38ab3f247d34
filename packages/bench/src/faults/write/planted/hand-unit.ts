import { format } from 'mysql2';
import { InvalidUnitError, type Statement, type Unit, type WriteOutcome } from '@ordershard/shard-router';

/** A unit of work as text, and the caller that waits for it. */
export interface HandUnit {
  readonly number: bigint | undefined;
  readonly bucket: number;
  readonly keyBucket: number | undefined;
  readonly statements: readonly string[];
  /** Whether the first statement decides if the others take effect. */
  readonly guarded: boolean;
  readonly already: string | undefined;
  readonly resolve: (outcome: WriteOutcome) => void;
  readonly reject: (error: unknown) => void;
  /** Whether an earlier attempt may have been applied. */
  doubt: boolean;
}

/** Whether the statement before changed one row; out of range, and so an error, when its answer could not be sent. */
const ONE_ROW = '18446744073709551615 - ROW_COUNT() = 18446744073709551614';

/** The texts of a unit, with the driver's own quoting. After a guard each INSERT asks if the one before took effect. */
export function textsOf({ statements, already }: Unit): Pick<HandUnit, 'statements' | 'guarded' | 'already'> {
  const [first] = statements;
  const guarded = 'guard' in first;
  const texts = statements.map((statement, at) => {
    const { sql, values } = plain('guard' in statement ? statement.guard : statement);
    const guardedSql = sql.replace(/VALUES\s*\((.*)\)\s*$/s, `SELECT $1 FROM DUAL WHERE ${ONE_ROW}`);
    return filled(guarded && at > 0 ? guardedSql : sql, values);
  });
  return { statements: texts, guarded, already: already === undefined ? undefined : textOf(already) };
}

function textOf(statement: object): string {
  const { sql, values } = plain(statement);
  return filled(sql, values);
}

function filled(sql: string, values: Statement['values']): string {
  return format(sql, values as Parameters<typeof format>[1], false, 'Z');
}

function plain(statement: object): Statement {
  if ('sql' in statement && 'values' in statement) return statement as Statement;
  throw new InvalidUnitError('by hand, statements are texts with values');
}
