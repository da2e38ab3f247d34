/** How far a long work is. */
export interface Step {
  /** What is being done, in a few words. */
  readonly what: string;
  /** How many of `total` are done; both in `unit`. */
  readonly done: number;
  readonly total: number;
  readonly unit: string;
}

/** Where progress is written to, such as standard error. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const ON_TERMINAL_MS = 200;
const ELSEWHERE_MS = 5_000;
/** The rate is that of about the last so many milliseconds: a work that slowed down says so. */
const RATE_WINDOW_MS = 15_000;

/** Tells how a long work goes on: one line that changes on a terminal, a line now and then elsewhere. */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  readonly #everyMs: number;
  readonly #seen: { at: number; done: number }[] = [];
  #what = '';
  #shown = -Infinity;

  constructor(stream: ProgressStream = process.stderr, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
    this.#everyMs = stream.isTTY === true ? ON_TERMINAL_MS : ELSEWHERE_MS;
  }

  /** Notes how far the work is, and shows it if that was not done lately. The first and the last are always shown. */
  tell(step: Step): void {
    const at = this.#now();
    const begun = step.what !== this.#what;
    if (begun) {
      this.#seen.length = 0;
      this.#what = step.what;
    }
    this.#seen.push({ at, done: step.done });
    while (this.#seen.length > 2 && at - this.#seen[1]!.at > RATE_WINDOW_MS) this.#seen.shift();
    if (!begun && step.done < step.total && at - this.#shown < this.#everyMs) return;
    this.#shown = at;
    const first = this.#seen[0]!;
    const text = progressText(step, step.done - first.done, at - first.at);
    this.#stream.write(this.#stream.isTTY === true ? `\r\u001B[K${text}` : `${text}\n`);
  }

  /** Writes a line that stays, above the progress on a terminal. */
  say(text: string): void {
    this.#stream.write(this.#stream.isTTY === true ? `\r\u001B[K${text}\n` : `${text}\n`);
  }

  /** Ends the line on a terminal. */
  end(): void {
    if (this.#stream.isTTY === true && this.#shown > -Infinity) this.#stream.write('\n');
  }
}

/** A line of progress. `doneLately` of them took `ms` milliseconds. */
export function progressText({ what, done, total, unit }: Step, doneLately: number, ms: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const bar = '#'.repeat(Math.floor(share * 20)).padEnd(20, '.');
  const rate = ms === 0 ? 0 : (doneLately / ms) * 1_000;
  const count = (value: number) => value.toLocaleString('en-US');
  const left = total - done;
  const eta =
    left <= 0 ? 'done' : rate === 0 ? 'time left not known yet' : `${durationText(left / rate)} left`;
  return `${what} [${bar}] ${Math.floor(share * 100)} % ${count(done)} of ${count(total)} ${unit}, ${count(Math.round(rate))}/s, ${eta}`;
}

/** Seconds as people say them: `45 s`, `12 min`, `3 h 5 min`. */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
