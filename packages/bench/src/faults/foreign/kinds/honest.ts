import type { OrderSnapshot } from '@ordershard/order-events';
import type { Seeded } from '../../seeded.ts';
import { type Fate, type ForeignMessage, type HeaderBytes, headersOf, ID_HEADER } from '../foreign.ts';
import type { Scene } from '../scene.ts';
import { bytesOf } from '../topic-bytes.ts';

/** How far back each partition is looked through for messages of ours. */
const BACK = 400n;

/** A message that the relay has published. */
export interface Honest {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly headers: HeaderBytes;
}

/** Some messages that the relay has published not long ago, in any order. */
export async function honestOnes(scene: Scene, random: Seeded, count: number): Promise<readonly Honest[]> {
  const found: Honest[] = [];
  for await (const { key, value, headers } of bytesOf(scene.brokers, scene.topic, BACK)) {
    const ours = headers.some(([name]) => String(name) === 'ce_id');
    const copied = headers.some(([name]) => String(name) === ID_HEADER);
    if (key === null || value === null || !ours || copied) continue;
    found.push({ key, value, headers: headers as HeaderBytes });
  }
  return random.shuffled(found).slice(0, count);
}

/** The same message once more, to one of our topics, as a program that copies topics sends it. It must change nothing. */
export function copyOf(
  { key, value, headers }: Honest,
  topic: string,
  more: HeaderBytes = [],
  partition?: number,
): ForeignMessage {
  const own = { topic, key, value, headers: [...headers, ...more], fate: 'nothing' as const };
  return partition === undefined ? own : { ...own, partition };
}

/** Numbers that no shard draws. */
let forged = 8_000_000_000_000_000_000n;

/**
 * An event of another producer that looks like one of ours, with some difference. Its number is one that no shard has drawn.
 */
export function eventLike(
  { value, headers }: Honest,
  topic: string,
  {
    change = {},
    header = {},
    fate,
  }: {
    readonly change?: Readonly<Record<string, unknown>>;
    readonly header?: Readonly<Record<string, string | null>>;
    readonly fate: Fate;
  },
): ForeignMessage {
  forged += 1n;
  const number = String(forged);
  const snapshot = JSON.parse(value.toString()) as OrderSnapshot;
  const named = headers.filter(
    ([name]) => !['ce_subject', 'ce_id', 'ce_sequence', ...Object.keys(header)].includes(String(name)),
  );
  const own = { ce_subject: number, ce_id: `${number}-1`, ce_sequence: '1', ...header };
  return {
    topic,
    key: Buffer.from(number),
    value: Buffer.from(JSON.stringify({ ...snapshot, number, version: 1, ...change })),
    headers: [...named, ...headersOf(own)],
    fate,
    number: forged,
  };
}

/** A version of an order that is newer than the real one: it must never be seen. */
export function newerThan({ key, value, headers }: Honest, topic: string): ForeignMessage {
  const snapshot = JSON.parse(value.toString()) as OrderSnapshot;
  const version = snapshot.version + 1_000;
  const kept = headers.filter(([name]) => String(name) !== 'ce_sequence');
  return {
    topic,
    key,
    value: Buffer.from(JSON.stringify({ ...snapshot, version, note: 'aborted' })),
    headers: [...kept, ...headersOf({ ce_sequence: String(version) })],
    fate: 'nothing',
  };
}

/** Where messages came to lie, in short. */
export function placesOf(
  sent: readonly { readonly place: string; readonly offset: bigint }[],
): string | undefined {
  const [first] = sent;
  if (first === undefined) return undefined;
  return `${sent.length} messages, the first on ${first.place} at ${first.offset}`;
}
