import type { PassProgress } from './progress.ts';

/** Shows the progress of long work: one line that changes on a terminal, a new line now and then elsewhere. */
export class ProgressLine {
  readonly #begun = performance.now();
  readonly #everyMs: number;
  #last = performance.now();
  #first: number | undefined;

  constructor(everyMs = process.stderr.isTTY ? 200 : 5_000) {
    this.#everyMs = everyMs;
  }

  /** Shows that `done` of about `total` are done. */
  tell(what: string, done: number, total: number, more = ''): void {
    const now = performance.now();
    this.#first ??= done;
    if (now - this.#last < this.#everyMs) return;
    this.#last = now;
    const text = progressText(what, done, total, done - this.#first, now - this.#begun) + more;
    process.stderr.write(process.stderr.isTTY ? `\r\u001B[K${text}` : `${text}\n`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\n');
  }
}

/** The text of a progress line. `doneNow` of them took `ms` milliseconds. */
export function progressText(what: string, done: number, total: number, doneNow: number, ms: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const rate = ms === 0 ? 0 : (doneNow / ms) * 1_000;
  const bar = '#'.repeat(Math.round(share * 20)).padEnd(20, '.');
  const left = rate === 0 ? '?' : `${Math.ceil(Math.max(0, total - done) / rate)} s`;
  return `${what} [${bar}] ${Math.floor(share * 100)} % ${done}/${total} ${Math.round(rate)}/s, ${left} left`;
}

/** The counts of a pass as a table. */
export function countsTable({ counts }: PassProgress): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name.padEnd(10)} ${String(count).padStart(10)}`)
    .join('\n');
}

/**
 * Returns the exit code. 0: equal. 3: differences, including those that were repaired. 4: no certain difference, but views
 * lag.
 */
export function exitCodeOf({ counts }: PassProgress): number {
  if (counts.changed + counts.missing + counts.extra + counts.stale > 0) return 3;
  return counts.unsettled > 0 ? 4 : 0;
}
