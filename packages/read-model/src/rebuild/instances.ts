import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection, Db } from 'mongodb';
import { NotAcknowledgedError } from './errors.ts';
import { DURABLE } from '../views/write-concern.ts';

/** The kinds of instances that go by the control document. */
export type Role = 'projector' | 'reader';

/** The collection in which projectors and readers say which epoch they go by. The API writes the same documents. */
export const INSTANCES = 'projection_instances';

interface Instance {
  readonly _id: string;
  readonly projection: string;
  readonly role: Role;
  readonly epoch: number;
  /** By the database's clock. */
  readonly at: Date;
}

/**
 * An instance that has been silent for this long is not waited for. The group removes a silent projector earlier than that:
 * so what such a projector wrote is not committed, and others project it again.
 */
const GONE_MS = 20_000;

const PAUSE_MS = 100;

/** Acknowledgements of instances. Throws the driver's errors. */
export class Instances {
  readonly #stored: Collection<Instance>;
  readonly #projection: string;

  constructor(db: Db, projection: string) {
    this.#projection = projection;
    this.#stored = db.collection<Instance>(INSTANCES, { writeConcern: DURABLE });
  }

  /** Says that an instance is there, and goes by `epoch`. */
  async acknowledge(id: string, role: Role, epoch: number): Promise<void> {
    await this.#stored.updateOne(
      { _id: id },
      { $set: { projection: this.#projection, role, epoch }, $currentDate: { at: true } },
      { upsert: true },
    );
  }

  async leave(id: string): Promise<void> {
    await this.#stored.deleteOne({ _id: id });
  }

  /** Returns the instances that are there and go by an older epoch. */
  async behind(role: Role, epoch: number): Promise<string[]> {
    const found = await this.#stored
      .find({
        projection: this.#projection,
        role,
        epoch: { $lt: epoch },
        $expr: { $gt: ['$at', { $subtract: ['$$NOW', GONE_MS] }] },
      })
      .toArray();
    return found.map(({ _id }) => _id);
  }

  /**
   * Waits until every instance that is there goes by `epoch`.
   *
   * @throws NotAcknowledgedError
   */
  async acknowledged(role: Role, epoch: number, patienceMs: number): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const behind = await this.behind(role, epoch);
      if (behind.length === 0) return;
      if (performance.now() > deadline) {
        throw new NotAcknowledgedError(`${role}s that have not acknowledged it: ${behind.join(', ')}`);
      }
      await sleep(PAUSE_MS);
    }
  }
}
