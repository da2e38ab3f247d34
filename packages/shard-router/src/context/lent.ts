import type { ScopeLife } from './scope.ts';

/** What a scope has lent to its function, and takes back at its end: a connection, a stream. */
export interface Lent {
  /** Ends what is done with it, because the scope is over. */
  reclaim(): void;
}

/** Notes that something is lent for the life of a scope. */
export function lend(life: ScopeLife, lent: Lent): void {
  (life.lent ??= new Set()).add(lent);
}

/** Ends a scope: nothing more may begin in it, and what it has lent comes back. */
export function endScope(life: ScopeLife): void {
  life.open = false;
  const { lent } = life;
  if (lent === undefined) return;
  life.lent = undefined;
  for (const each of lent) each.reclaim();
}
