import { hostname } from 'node:os';

/** Who operates, for leases and the books: a process that can be found. */
export function operatorName(by: string): string {
  return `${by}@${hostname()}:${process.pid}`;
}
