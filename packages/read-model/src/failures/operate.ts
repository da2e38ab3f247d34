import type { Letter, LetterState } from './letter.ts';
import type { LetterAction, LetterStore } from './letter-store.ts';
import type { LetterTopic } from './letter-topic.ts';
import type { Offsets } from './read-log.ts';
import { type LetterFilter, selects } from './select.ts';

/** A letter and what became of it. */
export interface KnownLetter {
  readonly letter: Letter;
  readonly state: LetterState;
}

export interface LetterParts {
  readonly topic: Pick<LetterTopic, 'letters' | 'sendRound' | 'id'>;
  readonly store: Pick<LetterStore, 'states' | 'move' | 'record' | 'belongTo'>;
}

/** Who does something, and why. */
export interface Doing {
  readonly action: LetterAction['action'];
  readonly by: string;
  readonly why: string;
}

/** How many letters are looked up together, and sent together. */
const AT_ONCE = 500;

/**
 * Yields the letters that match the filter, in the order of the topic. Throws KafkaUnavailableError, ViewsUnavailableError.
 */
export async function* findLetters(
  { topic, store }: LetterParts,
  filter: LetterFilter,
  from?: Offsets,
): AsyncGenerator<KnownLetter, void> {
  let gathered: Letter[] = [];
  const known = async function* () {
    const states = await store.states(gathered.map(({ id }) => id));
    for (const letter of gathered) {
      const state = states.get(letter.id) ?? 'waiting';
      if (selects(filter, letter, state)) yield { letter, state };
    }
    gathered = [];
  };
  for await (const letter of topic.letters(from)) {
    // A letter that the filter rules out by itself needs no look-up of its state.
    if (!selects({ ...filter, states: undefined }, letter, 'waiting')) continue;
    gathered.push(letter);
    if (gathered.length === AT_ONCE) yield* known();
  }
  yield* known();
}

/**
 * Forgets what is known of letters when their topic was deleted since. Throws KafkaUnavailableError, ViewsUnavailableError.
 */
export async function followTopic({ topic, store }: LetterParts): Promise<void> {
  await store.belongTo(await topic.id());
}

/** Returns the first letters that match the filter, up to `limit`. */
export async function listLetters(
  parts: LetterParts,
  filter: LetterFilter,
  limit: number,
): Promise<KnownLetter[]> {
  await followTopic(parts);
  const found: KnownLetter[] = [];
  for await (const one of findLetters(parts, filter)) {
    found.push(one);
    if (found.length >= limit) break;
  }
  return found;
}

/**
 * Replays letters: they go through the retry topics as if they had failed for the first time. A letter that cannot be sent
 * stays `replaying`, and the next replay sends it. A letter that is sent twice does no harm, since views only give way to
 * newer versions. Returns the letters that were sent.
 *
 * @throws KafkaUnavailableError, ViewsUnavailableError
 */
export async function replayLetters(
  { topic, store }: LetterParts,
  letters: readonly Letter[],
  { action, by, why }: Doing,
): Promise<readonly string[]> {
  const sent: string[] = [];
  for (let at = 0; at < letters.length; at += AT_ONCE) {
    const some = letters.slice(at, at + AT_ONCE);
    const step = { at: new Date(), by, why };
    const ids = await store.move(
      some.map(({ id }) => id),
      'replaying',
      step,
    );
    const mine = some.filter(({ id }) => ids.includes(id));
    if (mine.length === 0) continue;
    await topic.sendRound(mine);
    await store.move(ids, 'replayed', { ...step, at: new Date() });
    await store.record({ ...step, action, letters: ids });
    sent.push(...ids);
  }
  return sent;
}

/** Gives letters up for good; they stay in the topic as long as it keeps them. Returns the letters that were given up. */
export async function discardLetters(
  { store }: LetterParts,
  letters: readonly Letter[],
  { action, by, why }: Doing,
): Promise<readonly string[]> {
  const step = { at: new Date(), by, why };
  const ids = await store.move(
    letters.map(({ id }) => id),
    'discarded',
    step,
  );
  if (ids.length > 0) await store.record({ ...step, action, letters: ids });
  return ids;
}
