import type { TransactionModes } from './transaction-control.ts';

/**
 * The modes that follow `START TRANSACTION` or `SET TRANSACTION`, from their tokens in capitals. Undefined when they are
 * not understood.
 */
export function parseModes(tokens: readonly string[]): TransactionModes | undefined {
  let access: TransactionModes['access'];
  let isolation: string | undefined;
  let snapshot = false;
  if (tokens.length === 0) return { access };
  for (const mode of tokens.join(' ').split(' , ')) {
    const level = /^ISOLATION LEVEL (REPEATABLE READ|READ COMMITTED|READ UNCOMMITTED|SERIALIZABLE)$/.exec(
      mode,
    );
    if (level !== null) isolation = level[1];
    else if (mode === 'WITH CONSISTENT SNAPSHOT') snapshot = true;
    else if (access === undefined && (mode === 'READ ONLY' || mode === 'READ WRITE'))
      access = mode === 'READ ONLY' ? 'read only' : 'read write';
    else return undefined;
  }
  return { access, isolation, snapshot };
}
