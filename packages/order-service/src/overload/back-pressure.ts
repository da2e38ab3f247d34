import type { Socket } from 'node:net';

export interface BackPressureOptions {
  /** Requests that there is room for now. */
  readonly room: () => number;
  /** On any clock that does not go back, milliseconds. */
  readonly now?: () => number;
  /** How many are refused at once, 2,000 by default: some twentieth of a core. */
  readonly refusalsPerSecond?: number;
}

const REFUSALS_PER_SECOND = 2_000;
const TICK_MS = 5;

/**
 * Reads less where refusing would take the time that orders need. Beyond some refusals a second, a connection that was
 * just refused is not read for a while: what its caller sends next waits outside this process, and once the system's
 * buffers are full, at the caller. As long as some wait so, a connection whose order was taken goes to the end of the
 * queue likewise. They are read again in its order: when there is room, and as many more as can be refused.
 */
export class BackPressure {
  readonly #room: () => number;
  readonly #now: () => number;
  readonly #perSecond: number;
  #refusals: number;
  #refilledAt: number;
  /** Connections that are not read, oldest first from `#first` on. */
  #waiting: (Socket | undefined)[] = [];
  #first = 0;
  /** Connections that are about to be left. */
  #leaving: Socket[] = [];
  #isDue = false;
  #timer: NodeJS.Timeout | undefined;

  constructor({
    room,
    now = () => performance.now(),
    refusalsPerSecond = REFUSALS_PER_SECOND,
  }: BackPressureOptions) {
    this.#room = room;
    this.#now = now;
    this.#perSecond = refusalsPerSecond;
    this.#refusals = refusalsPerSecond;
    this.#refilledAt = now();
  }

  /** Connections that are not read now. */
  get waiting(): number {
    return this.#waiting.length - this.#first + this.#leaving.length;
  }

  /** Notes that a request was refused on a connection; to be called when the answer has been handed over. */
  refused(socket: Socket): void {
    this.#refill();
    if (this.#refusals >= 1) {
      this.#refusals -= 1;
      return;
    }
    this.#leave(socket);
  }

  /** Notes that a request that was taken is over. */
  done(socket: Socket): void {
    if (this.#first < this.#waiting.length) this.#leave(socket);
  }

  #leave(socket: Socket): void {
    this.#leaving.push(socket);
    this.#balanceSoon();
  }

  /** Once for all that was read at a time: what was read again by the last one has come by then, and takes its room. */
  #balanceSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#balance();
    });
  }

  #balance(): void {
    // Only now, since the parser resumes a connection once more after the answer.
    for (const socket of this.#leaving) {
      socket.pause();
      this.#waiting.push(socket);
    }
    this.#leaving = [];
    this.#refill();
    this.#read(Math.floor(this.#refusals) + Math.max(0, this.#room()));
    if (this.#first < this.#waiting.length) {
      this.#timer ??= setInterval(() => this.#balanceSoon(), TICK_MS).unref();
      return;
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #refill(): void {
    const now = this.#now();
    const more = ((now - this.#refilledAt) * this.#perSecond) / 1_000;
    this.#refusals = Math.min(this.#perSecond, this.#refusals + more);
    this.#refilledAt = now;
  }

  #read(count: number): void {
    const end = Math.min(this.#waiting.length, this.#first + count);
    for (; this.#first < end; this.#first += 1) {
      this.#waiting[this.#first]!.resume();
      this.#waiting[this.#first] = undefined;
    }
    // Cut off in pieces, so that a long queue is not copied for each of its heads.
    if (this.#first * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#first);
    this.#first = 0;
  }
}
