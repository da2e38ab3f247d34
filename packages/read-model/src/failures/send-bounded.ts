import { findErrorBy } from '@platformatic/kafka';
import { batchesOf } from '../batches.ts';
import { bytesOf, type RawRecord } from './record.ts';

/** The most bytes of one request. Topics take batches of 1 MiB unless they are configured otherwise. */
export const REQUEST_BYTES = 512 * 1_024;

/** The broker's answers to a batch that is larger than its topic takes. */
const TOO_LARGE = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];

/** A record, and the record that takes its place when its topic refuses it for its size. */
export interface BoundedRecord {
  readonly record: RawRecord;
  readonly cut: () => RawRecord;
}

/**
 * Sends records in requests of bounded bytes. A request that its topic refuses for its size is sent again in halves; a
 * record that is too large by itself is stored cut.
 *
 * @param send sends one request, and throws what the client throws
 * @returns how many records were cut
 */
export async function sendBounded(
  records: readonly BoundedRecord[],
  send: (records: RawRecord[]) => Promise<unknown>,
): Promise<number> {
  let cut = 0;
  const requests = batchesOf(records, ({ record }) => bytesOf(record), { bytes: REQUEST_BYTES });
  for (const request of requests) cut += await sendHalved(request, send);
  return cut;
}

async function sendHalved(
  records: readonly BoundedRecord[],
  send: (records: RawRecord[]) => Promise<unknown>,
): Promise<number> {
  try {
    await send(records.map(({ record }) => record));
    return 0;
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    if (records.length === 1) {
      await send([records[0]!.cut()]);
      return 1;
    }
    const half = records.length >> 1;
    // One after the other: messages of an order keep their order.
    const first = await sendHalved(records.slice(0, half), send);
    return first + (await sendHalved(records.slice(half), send));
  }
}

function isTooLarge(error: unknown): boolean {
  return TOO_LARGE.some((apiId) => findErrorBy(error as Error, 'apiId', apiId) !== null);
}
