import type { SourceMessage } from '../projector/message.ts';

/** Where a failed message came from, and what became of it since. It travels with it, in headers. */
export interface Provenance {
  /** Where it was read at first. */
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
  /** When it is to be tried next; none in a dead letter. */
  readonly due?: Date | undefined;
}

type Headers = SourceMessage['headers'];

const PREFIX = 'dlq-';

/** Longer stacks are cut: a header counts towards the size of its message. */
const STACK_CHARACTERS = 4_000;
const REASON_CHARACTERS = 1_000;

/** Reads where a message came from; undefined when it has not failed yet. */
export function provenanceOf(headers: Headers): Provenance | undefined {
  const named = new Map<string, string>();
  for (const [name, text] of headers) {
    const key = name.toString();
    if (key.startsWith(PREFIX)) named.set(key.slice(PREFIX.length), text.toString());
  }
  const topic = named.get('topic');
  if (topic === undefined) return undefined;
  const due = named.get('due');
  return {
    topic,
    partition: Number(named.get('partition') ?? 0),
    offset: BigInt(named.get('offset') ?? 0),
    firstFailedAt: new Date(named.get('first-failed-at') ?? 0),
    failedAt: new Date(named.get('failed-at') ?? 0),
    attempts: Number(named.get('attempts') ?? 1),
    reason: named.get('reason') ?? '',
    stack: named.get('stack'),
    release: named.get('release') ?? '',
    letter: named.get('letter'),
    due: due === undefined ? undefined : new Date(due),
  };
}

/** A message's headers with where it came from, in place of what they said of that before. */
export function withProvenance(headers: Headers, of: Provenance): Map<Buffer, Buffer> {
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
    due: of.due?.toISOString(),
  };
  const own = headers.filter(([name]) => !name.toString().startsWith(PREFIX));
  const ours = Object.entries(about).flatMap(([name, text]): [Buffer, Buffer][] =>
    text === undefined ? [] : [[Buffer.from(`${PREFIX}${name}`), Buffer.from(text)]],
  );
  return new Map([...own, ...ours]);
}
