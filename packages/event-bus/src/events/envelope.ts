import { z } from 'zod';
import { isDestination } from './address.ts';

const shape = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(100),
  source: z.string().min(1).max(201),
  type: z.string().min(1).max(200),
  time: z.string(),
  subject: z.string().max(1_000).optional(),
  destination: z.string().refine(isDestination),
  sender: z.string().min(1).max(100),
  data: z.unknown(),
});

/** An event on its way, in the JSON form of CloudEvents 1.0 with the extensions `destination` and `sender`. */
export interface BusEvent {
  readonly specversion: '1.0';
  /** Unique for each event; the same when Kafka delivers it twice. */
  readonly id: string;
  /** Bus id of the publisher, `server:id`. */
  readonly source: string;
  readonly type: string;
  /** When it was published, ISO 8601 in UTC. */
  readonly time: string;
  /** What the event tells the state of; absent for an event that tells no state. */
  readonly subject?: string | undefined;
  /** `server`, `server:id` or `**`. */
  readonly destination: string;
  /** The run of the publisher: an instance that starts again under its bus id is another one. */
  readonly sender: string;
  /** The body, not checked yet. */
  readonly data?: unknown;
}

/** Returns the value of a message for an event. */
export function encodeEvent(event: BusEvent): string {
  return JSON.stringify(event);
}

/** Reads the value of a message; undefined when it is no event of a bus. The body is not checked. */
export function decodeEvent(value: Buffer | string | undefined | null): BusEvent | undefined {
  if (value === undefined || value === null) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(String(value));
  } catch {
    return undefined;
  }
  const result = shape.safeParse(json);
  return result.success ? result.data : undefined;
}
