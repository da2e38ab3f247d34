import type { Logger } from '@ordershard/process';
import type { Collection, Db } from 'mongodb';
import { logged, pause } from '../projector/retrying.ts';
import type { Letter } from './letter.ts';
import { type Input, letterCollections } from './letter-store.ts';
import { findLetters, followTopic, type LetterParts, replayLetters } from './operate.ts';
import { DURABLE } from '../views/write-concern.ts';

interface Release {
  readonly _id: string;
  readonly firstSeen: Date;
  /** For each partition, the next offset to look at. */
  readonly next: Readonly<Record<string, bigint>>;
  /** Until this time, the process that looks through the letters holds the release. */
  readonly heldUntil: Date;
}

/** How often to look for new letters of older releases: while both releases run, the older one makes more. Milliseconds. */
const EVERY_MS = 30_000;
/** How long a process may look before another takes its place. Milliseconds. */
const HOLD_MS = 60_000;
const AT_ONCE = 500;

/**
 * Replays letters that failed under an older release, once for each release: the newer release may be able to project them.
 * Only the newest release does so. A letter that fails under it again waits for the next release, or for an operator.
 */
export class SelfHealing {
  readonly #parts: LetterParts;
  readonly #releases: Collection<Release>;
  readonly #release: string;
  readonly #log: Logger;

  constructor(parts: LetterParts, db: Db, input: Input, release: string, log: Logger) {
    this.#parts = parts;
    this.#releases = db.collection<Release>(letterCollections(input).releases, {
      readConcern: { level: 'majority' },
      writeConcern: DURABLE,
    });
    this.#release = release;
    this.#log = log;
  }

  /** Looks again and again until `signal` aborts. Never throws. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.look(signal);
      } catch (error) {
        this.#log.warn(
          logged(error),
          'dead letters of older releases were not looked through; it is tried again',
        );
      }
      await pause(EVERY_MS, signal);
    }
  }

  /**
   * Replays letters of older releases that this release has not looked at yet. Does nothing when another process is doing so,
   * or when there is a newer release. Returns how many it replayed.
   *
   * @throws KafkaUnavailableError, ViewsUnavailableError, the driver's errors
   */
  async look(signal: AbortSignal): Promise<number> {
    await followTopic(this.#parts);
    const held = await this.#hold();
    if (held === undefined) return 0;
    const next = new Map(Object.entries(held.next).map(([partition, offset]) => [Number(partition), offset]));
    let replayed = 0;
    let gathered: Letter[] = [];
    const flush = async () => {
      const doing = { action: 'self-healing', by: 'projector', why: `release ${this.#release}` } as const;
      replayed += (await replayLetters(this.#parts, gathered, doing)).length;
      gathered = [];
      await this.#keep(next, new Date(Date.now() + HOLD_MS));
    };
    for await (const { letter, state } of findLetters(this.#parts, {}, next)) {
      if (signal.aborted) break;
      const { release, cut } = letter.provenance;
      // Nothing is left of a cut letter that a newer release could read.
      if (release !== this.#release && cut !== true && state === 'waiting') gathered.push(letter);
      next.set(letter.partition, letter.offset + 1n);
      if (gathered.length === AT_ONCE) await flush();
    }
    await flush();
    await this.#keep(next, new Date(0));
    if (replayed > 0)
      this.#log.info({ replayed, release: this.#release }, 'replayed letters of older releases');
    return replayed;
  }

  /** Takes hold of this release for this process; undefined when it is not its turn. */
  async #hold(): Promise<Release | undefined> {
    await this.#releases.updateOne(
      { _id: this.#release },
      { $setOnInsert: { firstSeen: new Date(), next: {}, heldUntil: new Date(0) } },
      { upsert: true },
    );
    const [newest] = await this.#releases.find().sort({ firstSeen: -1, _id: -1 }).limit(1).toArray();
    if (newest?._id !== this.#release) return undefined;
    const held = await this.#releases.findOneAndUpdate(
      { _id: this.#release, $expr: { $lt: ['$heldUntil', '$$NOW'] } },
      [{ $set: { heldUntil: { $add: ['$$NOW', HOLD_MS] } } }],
      { returnDocument: 'after' },
    );
    return held ?? undefined;
  }

  async #keep(next: ReadonlyMap<number, bigint>, heldUntil: Date): Promise<void> {
    await this.#releases.updateOne(
      { _id: this.#release },
      { $set: { next: Object.fromEntries(next), heldUntil } },
    );
  }
}
