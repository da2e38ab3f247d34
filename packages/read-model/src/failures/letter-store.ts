import type { EVENT_TOPICS } from '@ordershard/order-events';
import type { Collection, Db } from 'mongodb';
import { ViewsUnavailableError } from '../errors.ts';
import type { LetterState, LetterStep } from './letter.ts';
import { DURABLE } from '../views/write-concern.ts';

/** Which topic of events is projected. */
export type Input = keyof typeof EVENT_TOPICS;

/**
 * Returns the names of the collections about dead letters. Letters are named by partition and offset in their topic, so each
 * topic has its own collections. Those of the snapshots have no suffix, as before there were other topics.
 */
export function letterCollections(input: Input) {
  const suffix = input === 'snapshots' ? '' : `_${input}`;
  return {
    /** What is known of letters besides their topic. A letter without an entry is `waiting`. */
    letters: `dead_letters${suffix}`,
    /** Who did what to which letters, when and why. */
    actions: `dead_letter_actions${suffix}`,
    /** Which releases there were, and how far each has looked through the letters. */
    releases: `dead_letter_releases${suffix}`,
    /** The id of the topic that all of this belongs to. */
    topics: `dead_letter_topics${suffix}`,
  };
}

interface StoredLetter {
  readonly _id: string;
  readonly state: LetterState;
  readonly at: Date;
  readonly steps: readonly LetterStep[];
}

interface StoredTopic {
  readonly _id: 'dead letters';
  readonly topicId: string;
}

/** Something that was done to letters. */
export interface LetterAction {
  readonly at: Date;
  readonly by: string;
  readonly action: 'replay' | 'discard' | 'self-healing';
  readonly why: string;
  readonly letters: readonly string[];
}

/** For each state, the states that may come before it: late news of a replay never undoes what came after it. */
const BEFORE: Readonly<Record<Exclude<LetterState, 'waiting'>, readonly LetterState[]>> = {
  replaying: ['waiting', 'replaying', 'replayed', 'returned', 'projected'],
  replayed: ['replaying'],
  projected: ['replaying', 'replayed', 'returned'],
  returned: ['replaying', 'replayed'],
  discarded: ['waiting', 'replaying', 'replayed', 'returned'],
};

/** Keeps the states of letters in MongoDB. Throws {@link ViewsUnavailableError} when MongoDB does not answer. */
export class LetterStore {
  readonly #letters: Collection<StoredLetter>;
  readonly #actions: Collection<LetterAction>;
  readonly #releases: Collection;
  readonly #topics: Collection<StoredTopic>;

  constructor(db: Db, input: Input) {
    const { letters, actions, releases, topics } = letterCollections(input);
    const options = { readConcern: { level: 'majority' }, writeConcern: DURABLE } as const;
    this.#letters = db.collection<StoredLetter>(letters, options);
    this.#actions = db.collection<LetterAction>(actions, options);
    this.#releases = db.collection(releases, options);
    this.#topics = db.collection<StoredTopic>(topics, options);
  }

  /**
   * Notes the id of the topic that the letters are of. Letters are known by their offsets, and when a topic was deleted and
   * made anew, its offsets begin at 0 again. So this forgets what is known of the letters of an earlier topic.
   *
   * @returns whether something was forgotten
   */
  belongTo(topicId: string): Promise<boolean> {
    return answered(async () => {
      const before = await this.#topics.findOne({ _id: 'dead letters' });
      if (before?.topicId === topicId) return false;
      if (before !== null) {
        await this.#letters.deleteMany({});
        await this.#releases.updateMany({}, { $set: { next: {} } });
      }
      await this.#topics.updateOne({ _id: 'dead letters' }, { $set: { topicId } }, { upsert: true });
      return before !== null;
    });
  }

  /** Returns the states of some letters, by id. Leaves out letters that only wait. */
  states(ids: readonly string[]): Promise<ReadonlyMap<string, LetterState>> {
    return answered(async () => {
      const found = await this.#letters
        .find({ _id: { $in: [...ids] } }, { projection: { state: 1 } })
        .toArray();
      return new Map(found.map(({ _id, state }) => [_id, state]));
    });
  }

  /** Returns all steps of a letter, oldest first. */
  steps(id: string): Promise<readonly LetterStep[]> {
    return answered(async () => (await this.#letters.findOne({ _id: id }))?.steps ?? []);
  }

  /** Notes a step of letters. Returns the letters that it applied to; the other letters are past it. */
  move(
    ids: readonly string[],
    state: Exclude<LetterState, 'waiting'>,
    step: Omit<LetterStep, 'state'>,
  ): Promise<readonly string[]> {
    return answered(async () => {
      const moved: string[] = [];
      for (const id of ids) {
        const before = BEFORE[state];
        const change = { $set: { state, at: step.at }, $push: { steps: { ...step, state } } };
        const { matchedCount } = await this.#letters.updateOne(
          { _id: id, state: { $in: [...before] } },
          change,
        );
        const fresh =
          matchedCount === 0 && before.includes('waiting') && (await this.#insert(id, state, step));
        if (matchedCount === 1 || fresh) moved.push(id);
      }
      return moved;
    });
  }

  /** Notes what was done to letters. */
  record(action: LetterAction): Promise<void> {
    return answered(async () => {
      await this.#actions.insertOne(action);
    });
  }

  /** Returns what was done, newest first. */
  actions(limit: number): Promise<readonly LetterAction[]> {
    return answered(() =>
      this.#actions
        .find({}, { projection: { _id: 0 } })
        .sort({ _id: -1 })
        .limit(limit)
        .toArray(),
    );
  }

  async #insert(id: string, state: LetterState, step: Omit<LetterStep, 'state'>): Promise<boolean> {
    try {
      await this.#letters.insertOne({ _id: id, state, at: step.at, steps: [{ ...step, state }] });
      return true;
    } catch (error) {
      if ((error as { code?: unknown }).code === 11_000) return false;
      throw error;
    }
  }
}

async function answered<T>(fn: () => Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (cause) {
    throw new ViewsUnavailableError(`what is known of dead letters: ${(cause as Error).message}`, { cause });
  }
}
