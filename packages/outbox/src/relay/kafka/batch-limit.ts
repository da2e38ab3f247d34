/** How many bytes one batch may have: brokers take up to `max.message.bytes`, 1 MiB unless it was changed. */
export const BATCH_BYTES = 900_000;

/** After this many batches of about the limit, the limit is doubled: the topic may take more by now. */
const BATCHES_BEFORE_GROWING = 50;

/**
 * How many bytes a batch for a topic may have, learned from what the broker refuses. The limit is kept from send to send, so
 * a topic that takes less than others gets too large a batch now and then, and not each time.
 */
export class BatchLimit {
  #bytes = BATCH_BYTES;
  #taken = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Notes that the broker has refused a batch of several messages as too large. */
  refused(batchBytes: number): void {
    this.#bytes = Math.min(this.#bytes, batchBytes) / 2;
    this.#taken = 0;
  }

  /** Notes that the broker has stored a batch. */
  stored(batchBytes: number): void {
    if (this.#bytes === BATCH_BYTES || batchBytes < this.#bytes / 2) return;
    this.#taken += 1;
    if (this.#taken < BATCHES_BEFORE_GROWING) return;
    this.#bytes = Math.min(BATCH_BYTES, 2 * this.#bytes);
    this.#taken = 0;
  }
}
