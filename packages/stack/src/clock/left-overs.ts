import { rmSync } from 'node:fs';

/** The library keeps two small files in shared memory for each process, and leaves those of one that was killed. */
export function removeClockLeftOvers(pid: number, env: Readonly<Record<string, string | undefined>>): void {
  if (env['FAKETIME_TIMESTAMP_FILE'] === undefined) return;
  for (const name of [`faketime_shm_${pid}`, `sem.faketime_sem_${pid}`]) {
    rmSync(`/dev/shm/${name}`, { force: true });
  }
}
