import type { Frame } from './scope.ts';

/** Whether a transaction is open in a scope or in one around it: the router's own, or one on a connection of these scopes. */
export function holdsTransaction(frame: Frame | undefined): boolean {
  if (frame?.transaction?.open === true) return true;
  for (let life = frame?.life; life !== undefined; life = life.around) {
    if (life.transactions > 0) return true;
  }
  return false;
}
