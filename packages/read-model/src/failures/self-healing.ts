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
  /** The next offset of each partition to look at. */
  readonly next: Readonly<Record<string, bigint>>;
  /** One that looks holds it until then. */
  readonly heldUntil: Date;
}

/** How often it looks for letters of older releases that came meanwhile: while both run, the older one makes more. */
const EVERY_MS = 30_000;
/** How long one that looks is left to it before another takes its place. */
const HOLD_MS = 60_000;
const AT_ONCE = 500;

/**
 * Replays letters that failed under an older release, once a release: what was deployed since may be able to project
 * them. Only the newest release does so; a letter that fails under it again waits for the next one, or for an operator.
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
   * Replays letters of older releases that this release has not looked at yet, unless another process is at it or a
   * newer release is there; gives how many.
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
      // Of one that was cut nothing is left that a newer release could read.
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

  /** Takes the look of this release; undefined when it is not its turn. */
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
