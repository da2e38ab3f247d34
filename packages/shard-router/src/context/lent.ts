import type { ScopeLife } from './scope.ts';

/** Something that a scope has lent to its function and takes back at its end: a connection, a stream. */
export interface Lent {
  /** Ends its use, because the scope is over. */
  reclaim(): void;
}

/** Notes something that a scope has lent until its end. */
export function lend(life: ScopeLife, lent: Lent): void {
  (life.lent ??= new Set()).add(lent);
}

/** Ends a scope: no more work may begin in it, and it takes back everything that it has lent. */
export function endScope(life: ScopeLife): void {
  life.open = false;
  const { lent } = life;
  if (lent === undefined) return;
  life.lent = undefined;
  for (const each of lent) each.reclaim();
}
