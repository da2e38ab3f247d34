import { StoppedError } from '../errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * The end of a command by a signal. The first one ends what only looks at once; what changes something ends by itself, at
 * the next step that leaves all in order. The second one ends the process where it is.
 */
export class Interruption {
  readonly #stopping = new AbortController();
  readonly #ended = Promise.withResolvers<never>();
  readonly #say: (text: string) => void;
  #endsItself = false;

  constructor(say: (text: string) => void) {
    this.#say = say;
    for (const signal of SIGNALS) process.once(signal, this.#stop);
    // Who waits for the command is told; where nobody does any more, nobody has to be.
    this.#ended.promise.catch(() => undefined);
  }

  /** Aborts with the first signal. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Runs a command, which a signal ends unless the command does so itself. @throws StoppedError */
  run<T>(command: () => Promise<T>): Promise<T> {
    return Promise.race([command(), this.#ended.promise]);
  }

  /** From now on the command ends by itself once {@link signal} aborts. @throws StoppedError when it has by now */
  endsItself(): void {
    if (this.signal.aborted) throw this.#stopped();
    this.#endsItself = true;
  }

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#stop);
  }

  readonly #stop = () => {
    if (this.signal.aborted) return;
    this.#stopping.abort();
    if (this.#endsItself) this.#say('stopping at the next safe step; once more ends it at once');
    else this.#ended.reject(this.#stopped());
  };

  #stopped(): StoppedError {
    return new StoppedError('stopped: nothing was changed');
  }
}
