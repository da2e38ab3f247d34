import { AWAITED, type Awaited } from '../errors.ts';
import type { MessageHeaders } from '../projector/message.ts';

/** Where a failed message came from, and what has happened to it since. It travels with the message, in headers. */
export interface Provenance {
  /** Where the message was first read. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly firstFailedAt: Date;
  readonly failedAt: Date;
  /** How often it was tried. */
  readonly attempts: number;
  /** `CODE: message` of the last error. */
  readonly reason: string;
  readonly stack?: string | undefined;
  /** What was deployed when it failed last. */
  readonly release: string;
  /** The dead letter that it is a replay of. */
  readonly letter?: string | undefined;
  /** What the message waits for, if that is away. */
  readonly awaits?: Awaited | undefined;
  /**
   * The consumer group in which the message failed; only that group tries it again. Undefined for a replay, which all groups
   * try.
   */
  readonly group?: string | undefined;
  /** When the message is to be tried next; undefined in a dead letter. */
  readonly due?: Date | undefined;
  /** Whether the message itself was left out, since it was too large for the topic that keeps it. */
  readonly cut?: true | undefined;
}

const PREFIX = 'dlq-';

/**
 * Headers as the client's producer takes them, by name. Each name is a buffer of its own, so the same name can appear twice.
 * The type has no absent value, but the producer writes one all the same.
 */
export type RawHeaders = Map<Buffer, Buffer>;

/** Longer stacks are cut: a header counts towards the size of its message. */
const STACK_CHARACTERS = 4_000;
const REASON_CHARACTERS = 1_000;

/** The largest partition number, and the largest number of tries, that is accepted: Kafka counts partitions with 32 bits. */
const MAX_COUNT = 2 ** 31 - 1;

/** The largest offset: Kafka counts them with 63 bits. */
const MAX_OFFSET = 2n ** 63n - 1n;

/**
 * Reads where a message came from; undefined when it has not failed yet. Anybody who may write to the topic may write these
 * headers, so this accepts any bytes. When a place, count or time is not as {@link withProvenance} writes it, the result is
 * undefined.
 */
export function provenanceOf(headers: MessageHeaders): Provenance | undefined {
  const named = new Map<string, string>();
  for (const [name, text] of headers) {
    const key = name?.toString() ?? '';
    if (text !== null && key.startsWith(PREFIX)) named.set(key.slice(PREFIX.length), text.toString());
  }
  const topic = named.get('topic');
  const partition = countOf(named.get('partition'));
  const offset = offsetOf(named.get('offset'));
  const attempts = countOf(named.get('attempts'));
  const firstFailedAt = timeOf(named.get('first-failed-at'));
  const failedAt = timeOf(named.get('failed-at'));
  const due = named.has('due') ? timeOf(named.get('due')) : 'none';
  if (topic === undefined || partition === undefined || offset === undefined) return undefined;
  if (attempts === undefined || firstFailedAt === undefined || failedAt === undefined) return undefined;
  if (due === undefined) return undefined;
  return {
    topic,
    partition,
    offset,
    firstFailedAt,
    failedAt,
    attempts,
    reason: named.get('reason') ?? '',
    stack: named.get('stack'),
    release: named.get('release') ?? '',
    letter: named.get('letter'),
    awaits: AWAITED.find((one) => one === named.get('awaits')),
    group: named.get('group'),
    due: due === 'none' ? undefined : due,
    ...(named.get('cut') === 'true' ? { cut: true as const } : {}),
  };
}

function countOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const count = Number(text);
  return count <= MAX_COUNT ? count : undefined;
}

function offsetOf(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^\d{1,19}$/.test(text)) return undefined;
  const offset = BigInt(text);
  return offset <= MAX_OFFSET ? offset : undefined;
}

/** Reads a time as `toISOString` writes it. */
function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** Returns a message's headers with its provenance, which replaces the provenance that they held before. */
export function withProvenance(headers: MessageHeaders, of: Provenance): RawHeaders {
  const about: Readonly<Record<string, string | undefined>> = {
    topic: of.topic,
    partition: String(of.partition),
    offset: of.offset.toString(),
    'first-failed-at': of.firstFailedAt.toISOString(),
    'failed-at': of.failedAt.toISOString(),
    attempts: String(of.attempts),
    reason: of.reason.slice(0, REASON_CHARACTERS),
    stack: of.stack?.slice(0, STACK_CHARACTERS),
    release: of.release,
    letter: of.letter,
    awaits: of.awaits,
    group: of.group,
    due: of.due?.toISOString(),
    cut: of.cut === true ? 'true' : undefined,
  };
  const own = headers.flatMap(([name, value]): [Buffer, Buffer][] =>
    name === null || name.toString().startsWith(PREFIX) ? [] : [[name, value as Buffer]],
  );
  const ours = Object.entries(about).flatMap(([name, text]): [Buffer, Buffer][] =>
    text === undefined ? [] : [[Buffer.from(`${PREFIX}${name}`), Buffer.from(text)]],
  );
  return new Map([...own, ...ours]);
}
