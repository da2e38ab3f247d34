import type { Socket } from 'node:net';

export interface BackPressureOptions {
  /** Requests that there is room for now. */
  readonly room: () => number;
  /** On any clock that does not go back, milliseconds. */
  readonly now?: () => number;
  /** How many requests a second are refused at once, 2,000 by default: some twentieth of a core. */
  readonly refusalsPerSecond?: number;
}

const REFUSALS_PER_SECOND = 2_000;
const TICK_MS = 5;

/**
 * Reads less when refusing would take the time that orders need. Beyond some refusals a second, a connection that was just
 * refused is not read for a while: the next request of its caller waits outside this process and, once the system's buffers
 * are full, at the caller. While connections wait like this, a connection whose order was taken goes to the end of the queue
 * too. Connections are read again in the order of the queue: as many as there is room for, and as many more as can be
 * refused.
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
  /** Connections that are about to be paused. */
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

  /**
   * Balances once for everything that was read in one turn. By then, requests of the connections that the last balance
   * resumed have come, and take their room.
   */
  #balanceSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.#balance();
    });
  }

  #balance(): void {
    // Pauses only now, because the parser resumes a connection once more after the answer.
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
    // Cuts the queue in large pieces, so that a long queue is not copied for each connection that leaves it.
    if (this.#first * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#first);
    this.#first = 0;
  }
}
