/** What one batch may weigh at the most: brokers take up to `max.message.bytes`, 1 MiB unless it was changed. */
export const BATCH_BYTES = 900_000;

/** After so many batches of about the limit, it is doubled: the topic may take more by now. */
const BATCHES_BEFORE_GROWING = 50;

/**
 * How many bytes a batch for a topic may weigh, found out from what the broker refuses. It is kept from send to send, so
 * that a topic that takes less than others is asked for too much now and then, and not each time.
 */
export class BatchLimit {
  #bytes = BATCH_BYTES;
  #taken = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes in that the broker finds a batch of several messages too large. */
  refused(batchBytes: number): void {
    this.#bytes = Math.min(this.#bytes, batchBytes) / 2;
    this.#taken = 0;
  }

  /** Takes in that the broker has stored a batch. */
  stored(batchBytes: number): void {
    if (this.#bytes === BATCH_BYTES || batchBytes < this.#bytes / 2) return;
    this.#taken += 1;
    if (this.#taken < BATCHES_BEFORE_GROWING) return;
    this.#bytes = Math.min(BATCH_BYTES, 2 * this.#bytes);
    this.#taken = 0;
  }
}
