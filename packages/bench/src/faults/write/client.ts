import { setTimeout as sleep } from 'node:timers/promises';
import type { Findings } from '../findings.ts';
import type { Journal } from './journal.ts';
import type { Answer, Done, Failed, Request } from './messages.ts';
import { type Writer, WriterGoneError } from './writer.ts';

/** How long a caller waits before it asks again, milliseconds. */
const AGAIN_MS = 30;

/** Repeats each request until its answer is final, at one writing process after the other, and notes everything. */
export class Client {
  /** Answers that say "again", by code. */
  readonly askedAgain = new Map<string, number>();
  readonly #journal: Journal;
  readonly #findings: Findings;
  readonly #acked: (request: Request, done: Done) => void;
  /** Processes that are asked in turn with the first one. */
  readonly also: Writer[] = [];
  #turn = 0;
  #writer: Promise<Writer>;
  #closed = false;

  constructor(
    writer: Promise<Writer>,
    journal: Journal,
    findings: Findings,
    acked: (request: Request, done: Done) => void,
  ) {
    this.#writer = writer;
    this.#journal = journal;
    this.#findings = findings;
    this.#acked = acked;
  }

  get writer(): Promise<Writer> {
    return this.#writer;
  }

  /** Makes the client ask another process from now on. */
  use(writer: Promise<Writer>): void {
    this.#writer = writer;
  }

  /** Gives up all requests without an answer. */
  close(): void {
    this.#closed = true;
  }

  /** Asks until there is an answer that will not change. @throws WriterGoneError after {@link close} */
  async request(request: Request): Promise<Done | Failed> {
    this.#journal.asked(request);
    for (;;) {
      const answer = await this.#ask(request);
      if (this.#closed) throw new WriterGoneError('nobody is asked any more');
      if (answer?.ok === true) {
        this.#journal.acked(request, answer);
        this.#acked(request, answer);
        return answer;
      }
      if (answer?.again === false) {
        this.#journal.refused(request);
        return answer;
      }
      const code = answer?.code ?? 'writer gone';
      this.askedAgain.set(code, (this.askedAgain.get(code) ?? 0) + 1);
      await sleep(AGAIN_MS);
    }
  }

  /** Like {@link request}, for requests that nothing speaks against: a refusal is a finding. */
  async expect(request: Request): Promise<Done | Failed> {
    const answer = await this.request(request);
    if (!answer.ok)
      this.#findings.add('mismatched', request.key, `was refused: ${answer.code} ${answer.message}`);
    return answer;
  }

  /** The answer of the current process; undefined when that was gone before it answered. */
  async #ask(request: Request): Promise<Answer | undefined> {
    const first = await this.#writer;
    this.#turn = (this.#turn + 1) % (this.also.length + 1);
    const writer = this.#turn === 0 ? first : this.also[this.#turn - 1]!;
    try {
      return await writer.ask(request);
    } catch (error) {
      if (!(error instanceof WriterGoneError)) throw error;
      return undefined;
    }
  }
}
