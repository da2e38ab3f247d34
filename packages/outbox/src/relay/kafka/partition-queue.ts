import type { Message } from '../message.ts';
import type { Withheld } from '../publisher.ts';
import { BatchLimit } from './batch-limit.ts';
import { verdictOf } from './error-codes.ts';
import type { PartitionAnswer } from './produce-request.ts';
import { RecordBatch } from './record-batch.ts';

/** Reasons for a refused message when the broker names none. */
const TOO_LARGE = 'larger than the topic takes';
const REFUSED = 'refused by the broker';

/**
 * The messages of one send that go to one partition, in their order, batch by batch. When the broker refuses a batch because
 * of a message in it, the queue finds that message and leaves it out, with the later ones of its key; all others go through.
 */
export class PartitionQueue {
  readonly #batch = new RecordBatch();
  readonly #limit: BatchLimit;
  #messages: readonly Message[] = [];
  /** Places of the messages that are to be sent. */
  #waiting: number[] = [];
  /** How many of them the batch under way holds. */
  #taken = 0;
  /** How many messages a batch may hold: fewer while the queue looks for the message that caused a refusal. */
  #maxCount = Infinity;
  readonly #poisoned = new Set<string>();

  /** @param limit the limit of the topic, which its partitions share */
  constructor(limit: BatchLimit = new BatchLimit()) {
    this.#limit = limit;
  }

  /** Places of the messages that are not dealt with. */
  get waiting(): readonly number[] {
    return this.#waiting;
  }

  /** Begins a send. */
  begin(messages: readonly Message[]): void {
    this.#messages = messages;
    this.#waiting = [];
    this.#maxCount = Infinity;
    this.#poisoned.clear();
  }

  add(index: number): void {
    this.#waiting.push(index);
  }

  /** The next batch; undefined when all is done. */
  next(): RecordBatch | undefined {
    if (this.#waiting.length === 0) return undefined;
    this.#batch.clear();
    let taken = 0;
    for (const index of this.#waiting) {
      const message = this.#messages[index]!;
      if (taken > 0 && (taken >= this.#maxCount || this.#batch.bytes + sizeOf(message) > this.#limit.bytes))
        break;
      this.#batch.append(message);
      taken += 1;
    }
    this.#taken = taken;
    return this.#batch;
  }

  /**
   * Takes in the result of the batch: `answer` if the broker refused it. Returns the messages that must not be sent at all.
   */
  answered(answer: PartitionAnswer | undefined): Withheld[] {
    if (answer === undefined) {
      this.#waiting.splice(0, this.#taken);
      this.#limit.stored(this.#batch.bytes);
      this.#maxCount *= 2;
      return [];
    }
    const tooLarge = verdictOf(answer.errorCode) === 'too large';
    const blamed = answer.recordErrors.map(({ batchIndex }) => batchIndex);
    if (blamed.length === 0 && this.#taken > 1) {
      if (tooLarge) this.#limit.refused(this.#batch.bytes);
      else this.#maxCount = this.#taken >> 1;
      return [];
    }
    const reason =
      answer.recordErrors[0]?.batchIndexErrorMessage ??
      answer.errorMessage ??
      (tooLarge ? TOO_LARGE : REFUSED);
    return this.#withhold(new Set(blamed.length === 0 ? [0] : blamed), reason);
  }

  /** Removes the messages at some places of the queue, and all messages of their keys that come after them. */
  #withhold(places: ReadonlySet<number>, reason: string): Withheld[] {
    const withheld: Withheld[] = [];
    this.#waiting = this.#waiting.filter((index, place) => {
      const { key } = this.#messages[index]!;
      if (this.#poisoned.has(key)) withheld.push({ index, reason: undefined });
      else if (places.has(place)) {
        this.#poisoned.add(key);
        withheld.push({ index, reason });
      } else return true;
      return false;
    });
    return withheld;
  }
}

/** Estimates how many bytes a message takes in a batch, rather too many than too few. */
function sizeOf({ key, value }: Message): number {
  return key.length + value.length + 500;
}
