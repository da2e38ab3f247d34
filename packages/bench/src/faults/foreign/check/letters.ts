import type { Scene } from '../scene.ts';
import { ID_HEADER, type Sent } from '../foreign.ts';
import { bytesOf } from '../topic-bytes.ts';

/** A dead letter, by what it was. */
interface Letter {
  /** That of a message of somebody else; undefined where the letter does not hold it. */
  readonly id: string | undefined;
  /** `topic partition offset` where it was read at first. */
  readonly origin: string;
  /** Where it lies among the letters. */
  readonly place: string;
  readonly key: string;
  readonly reason: string;
}

/** Messages that have to be dead letters, and are not. */
export async function lettersMissing(scene: Scene): Promise<readonly Sent[]> {
  const letters = await lettersOf(scene);
  const ids = new Set(letters.map(({ id }) => id));
  const origins = new Set(letters.map(({ origin }) => origin));
  return scene.foreign.sent.filter(
    (sent) => sent.fate === 'letter' && !ids.has(sent.id) && !origins.has(originOf(sent)),
  );
}

/** Finds foreign messages without their letter, and letters of what should have none: good messages above all. */
export async function checkLetters(scene: Scene): Promise<void> {
  const { findings, foreign, deadLetterTopic } = scene;
  for (const { id, place, offset } of await lettersMissing(scene))
    findings.add('lost', id, `it was on ${place} at ${offset}, and is no dead letter`);
  const byId = new Map(foreign.sent.map((sent) => [sent.id, sent]));
  const byPlace = new Map(foreign.sent.map((sent) => [originOf(sent), sent]));
  for (const { id, origin, place, key, reason } of await lettersOf(scene)) {
    // What somebody else has put among the letters himself is one of no projector.
    if (byPlace.has(`${deadLetterTopic} ${place}`)) continue;
    const sent = id === undefined ? byPlace.get(origin) : byId.get(id);
    const fate = sent?.fate ?? 'nothing';
    if (fate === 'nothing' || fate === 'view')
      findings.add('misjudged', key, `a good message is a dead letter, from ${origin}: ${reason}`);
  }
}

function originOf({ place, offset }: Sent): string {
  return `${place} ${offset}`;
}

async function lettersOf({ brokers, deadLetterTopic }: Scene): Promise<readonly Letter[]> {
  const letters: Letter[] = [];
  for await (const { key, headers, partition, offset } of bytesOf(brokers, deadLetterTopic)) {
    const named = new Map(
      headers.map(([name, value]) => [String(name), value === null ? undefined : String(value)]),
    );
    letters.push({
      id: named.get(ID_HEADER),
      origin: `${named.get('dlq-topic')} ${named.get('dlq-partition')} ${named.get('dlq-offset')}`,
      place: `${partition} ${offset}`,
      key: String(key).slice(0, 40),
      reason: named.get('dlq-reason') ?? '',
    });
  }
  return letters;
}
