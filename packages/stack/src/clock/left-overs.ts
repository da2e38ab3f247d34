import { rmSync } from 'node:fs';

/**
 * Removes the two small files that the library keeps in shared memory for each process, and leaves behind when it is killed.
 */
export function removeClockLeftOvers(pid: number, env: Readonly<Record<string, string | undefined>>): void {
  if (env['FAKETIME_TIMESTAMP_FILE'] === undefined) return;
  for (const name of [`faketime_shm_${pid}`, `sem.faketime_sem_${pid}`]) {
    rmSync(`/dev/shm/${name}`, { force: true });
  }
}
