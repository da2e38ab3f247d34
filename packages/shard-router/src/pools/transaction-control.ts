/** What a statement does to the transaction of its connection. */
export type TransactionControl = 'begin' | 'commit' | 'rollback';

const PATTERN =
  /^\s*(?:(begin(?:\s+work)?|start\s+transaction(?:\s+read\s+write)?)|(commit(?:\s+work)?)|(rollback(?:\s+work)?))\s*;?\s*$/i;

/**
 * Recognises the statements by which query builders and ORMs begin and end a transaction. `START TRANSACTION READ ONLY`
 * and savepoints are none of them: they write nothing and go to the server as they are.
 */
export function transactionControl(sql: string): TransactionControl | undefined {
  // Nearly every statement is told apart by its length.
  if (sql.length > 40) return undefined;
  const match = PATTERN.exec(sql);
  if (match === null) return undefined;
  if (match[1] !== undefined) return 'begin';
  return match[2] !== undefined ? 'commit' : 'rollback';
}
