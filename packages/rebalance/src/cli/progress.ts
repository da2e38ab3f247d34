import { visible } from '@ordershard/process';
import { widthOf, wrappedText } from './wrap.ts';

/** How far long work has come. */
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
  readonly columns?: number;
  write(text: string): unknown;
}

const ON_TERMINAL_MS = 200;
const ELSEWHERE_MS = 5_000;
/** Work without a count is shown when it takes longer than this: soon to a person, late in a log. */
const QUIET_MS = { terminal: 600, elsewhere: 10_000 } as const;
/** How often work without a count is shown: on a terminal, where its line changes, and elsewhere. */
const BEAT_MS = { terminal: 1_000, elsewhere: 30_000 } as const;
/** The rate is that of about this many last milliseconds, so that it shows when work slows down. */
const RATE_WINDOW_MS = 15_000;

/**
 * Shows the progress of long work: one line that changes on a terminal, a line now and then elsewhere. No line is wider than
 * the terminal, because a wider line could not be changed.
 */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  readonly #onTerminal: boolean;
  readonly #seen: { at: number; done: number }[] = [];
  readonly #timer: NodeJS.Timeout;
  #what = '';
  #shown = -Infinity;
  /** Work without a count: since when it runs, and when it was last shown. */
  #doing: { readonly what: string; readonly since: number; told: number } | undefined;
  /** What the open line on the terminal shows. A count stays there; the name of work without a count is cleared. */
  #line: 'count' | 'doing' | undefined;

  constructor(stream: ProgressStream = process.stderr, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
    this.#onTerminal = stream.isTTY === true;
    this.#timer = setInterval(() => this.beat(), QUIET_MS.terminal / 2);
    this.#timer.unref();
  }

  /** Notes what is being done now, such as `asking the shards`. If it lasts, it is shown with its time so far. */
  doing(what: string): void {
    this.#doing = { what, since: this.#now(), told: -Infinity };
  }

  /** Shows what is being done, if it lasts and was not shown lately. Called by a timer. */
  beat(): void {
    const doing = this.#doing;
    if (doing === undefined) return;
    const at = this.#now();
    const where = this.#onTerminal ? 'terminal' : 'elsewhere';
    const every = BEAT_MS[where];
    if (at - doing.since < QUIET_MS[where] || at - doing.told < every) return;
    doing.told = at;
    this.#draw(`${doing.what} … ${durationText((at - doing.since) / 1_000)}`, 'doing');
  }

  /** Notes how far the work is, and shows it if it was not shown lately. Always shows the first and the last step. */
  tell(step: Step): void {
    this.#doing = undefined;
    if (step.total === 0) return;
    const at = this.#now();
    const begun = step.what !== this.#what;
    if (begun) {
      this.#seen.length = 0;
      this.#what = step.what;
    }
    this.#seen.push({ at, done: step.done });
    while (this.#seen.length > 2 && at - this.#seen[1]!.at > RATE_WINDOW_MS) this.#seen.shift();
    const every = this.#onTerminal ? ON_TERMINAL_MS : ELSEWHERE_MS;
    if (!begun && step.done < step.total && at - this.#shown < every) return;
    this.#shown = at;
    const first = this.#seen[0]!;
    this.#draw(progressText(step, step.done - first.done, at - first.at, this.#width), 'count');
  }

  /** Writes a text that stays, above the progress on a terminal. */
  say(text: string): void {
    this.#clear();
    const shown = visible(text);
    this.#stream.write(`${this.#onTerminal ? wrappedText(shown, this.#width) : shown}\n`);
  }

  /** Ends the line on a terminal, before anything else is written there. The next progress begins a new line. */
  end(): void {
    this.#doing = undefined;
    if (this.#line === 'count') this.#stream.write('\n');
    else this.#clear();
    this.#line = undefined;
  }

  /** Ends it for good. */
  close(): void {
    clearInterval(this.#timer);
    this.end();
  }

  get #width(): number {
    // The last column stays free: some terminals go to the next line behind it.
    return widthOf(this.#stream) - (this.#onTerminal ? 1 : 0);
  }

  #draw(text: string, line: 'count' | 'doing'): void {
    const short = visible(text).slice(0, this.#width);
    if (!this.#onTerminal) {
      this.#stream.write(`${short}\n`);
      return;
    }
    this.#stream.write(`\r\u001B[K${short}`);
    this.#line = line;
  }

  #clear(): void {
    if (this.#line !== undefined) this.#stream.write('\r\u001B[K');
    this.#line = undefined;
  }
}

const BAR = 20;
const SHORTEST_BAR = 8;

/**
 * A line of progress. `doneLately` of them took `ms` milliseconds. Where it would be wider than `width`, its bar is shorter,
 * or there is none, and then no rate.
 */
export function progressText(
  { what, done, total, unit }: Step,
  doneLately: number,
  ms: number,
  width = Infinity,
): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const rate = ms === 0 ? 0 : (doneLately / ms) * 1_000;
  const count = (value: number) => value.toLocaleString('en-US');
  const left = total - done;
  const eta =
    left <= 0 ? 'done' : rate === 0 ? 'time left not known yet' : `${durationText(left / rate)} left`;
  const counted = `${Math.floor(share * 100)} % ${count(done)} of ${count(total)} ${unit}`;
  const speed = `, ${count(Math.round(rate))}/s`;
  const room = Math.min(BAR, width - `${what} [] ${counted}${speed}, ${eta}`.length);
  if (room >= SHORTEST_BAR) {
    const bar = '#'.repeat(Math.floor(share * room)).padEnd(room, '.');
    return `${what} [${bar}] ${counted}${speed}, ${eta}`;
  }
  const plain = `${what} ${counted}${speed}, ${eta}`;
  return plain.length <= width ? plain : `${what} ${counted}, ${eta}`;
}

/** Seconds as people say them: `45 s`, `12 min`, `3 h 5 min`. */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
