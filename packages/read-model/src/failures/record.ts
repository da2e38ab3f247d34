import type { MessageToProduce } from '@platformatic/kafka';
import type { MessageHeaders } from '../projector/message.ts';
import { type Provenance, withProvenance } from './provenance.ts';

/** A message for the client's producer, its bytes as they came. */
export type RawRecord = MessageToProduce<Buffer | undefined, Buffer | undefined>;

/** The part of a message that is kept: all of it, or what fits. */
interface Kept {
  readonly key: Buffer | undefined;
  readonly value: Buffer | undefined;
  readonly headers: MessageHeaders;
}

/** Bytes that a record takes besides its key, value and headers: lengths, offset and time as variable-length integers. */
const RECORD_BYTES = 50;

/** The longest key that a cut letter keeps: an order number has 19 digits. */
const CUT_KEY_BYTES = 256;

/**
 * Returns the record that keeps a failed message where it goes next. Its key keeps it beside the other messages of its order.
 */
export function recordOf(
  { key, value, headers }: Kept,
  of: Provenance,
  to: Pick<RawRecord, 'topic' | 'partition'>,
): RawRecord {
  return { ...to, key, value, headers: withProvenance(headers, of) };
}

/**
 * Returns the record that takes the place of one that is too large for its topic. It has no value and no headers: these lie
 * where the provenance says, until that topic's retention ends.
 */
export function cutRecordOf(
  { key }: Kept,
  of: Provenance,
  to: Pick<RawRecord, 'topic' | 'partition'>,
): RawRecord {
  const short = key === undefined || key.length <= CUT_KEY_BYTES ? key : undefined;
  const reason = `TOO_LARGE: cut to fit into the topic; ${of.reason}`;
  return recordOf(
    { key: short, value: undefined, headers: [] },
    { ...of, reason, stack: undefined, cut: true },
    to,
  );
}

/** How many bytes a record takes, at the most. */
export function bytesOf({ key, value, headers }: RawRecord): number {
  let bytes = RECORD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, text] of headers as Map<Buffer, Buffer | null>)
    bytes += name.length + (text?.length ?? 0) + 10;
  return bytes;
}
