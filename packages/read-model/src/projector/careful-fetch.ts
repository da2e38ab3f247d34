import {
  fetchV13,
  findErrorBy,
  Reader,
  readRecordsBatch,
  UnsupportedCompressionError,
} from '@platformatic/kafka';
import type { AbortedTransaction, RecordsBatches } from './aborted.ts';
import type { RawConsumer } from './group-offsets.ts';
import { codecOf } from './unpack.ts';

const FETCH = 1;
/** The oldest version that names topics by their ids. */
const VERSION = 13;
/** A request outside any session. */
const NO_SESSION = [0, -1] as const;
const READ_COMMITTED = 1;
const WAIT_MS = 100;

/** Where the fields of a batch lie in it. */
const LENGTH_AT = 8;
const HEAD_BYTES = 61;
const AT = { epoch: 12, attributes: 21, lastOffsetDelta: 23, producerId: 43, count: 57 } as const;

/** A batch. `unreadable` says why its messages are missing. */
export type CarefulBatch = RecordsBatches[number] & { readonly unreadable?: string };

/** One partition's part of an answer. Each of its batches was read by itself. */
export interface CarefulAnswer {
  readonly partitionIndex: number;
  readonly records: CarefulBatch[];
  readonly abortedTransactions: AbortedTransaction[] | null;
}

/** What to fetch, and from which broker. */
export interface CarefulWish {
  readonly node: number;
  readonly topicId: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly bytes: number;
}

/** Whether a fetch failed because a batch could not be unpacked. */
export function isUnpackError(error: unknown): boolean {
  return findErrorBy(error as Error, 'code', UnsupportedCompressionError.code) !== null;
}

/**
 * Fetches from one partition, and reads each batch by itself. A batch that cannot be unpacked is marked as `unreadable`; the
 * other batches have their messages. This is slower than the client's own fetch: call it only after {@link isUnpackError}.
 * Throws the client's errors.
 */
export async function fetchCarefully(
  consumer: RawConsumer,
  { node, topicId, partition, offset, bytes }: CarefulWish,
): Promise<CarefulAnswer> {
  const { brokers } = await consumer.metadata({ topics: [...consumer.topics.current] });
  const connection = await consumer.connections.get(brokers.get(node)!);
  const wanted = {
    partition,
    currentLeaderEpoch: -1,
    fetchOffset: offset,
    lastFetchedEpoch: -1,
    partitionMaxBytes: bytes,
  };
  const request = () =>
    fetchV13.createRequest(
      WAIT_MS,
      1,
      bytes,
      READ_COMMITTED,
      ...NO_SESSION,
      [{ topicId, partitions: [wanted] }],
      [],
      '',
    );
  return new Promise((resolve, reject) => {
    connection.send<CarefulAnswer>(
      FETCH,
      VERSION,
      request,
      (_correlationId, _apiKey, _apiVersion, reader) => readAnswer(reader, partition),
      true,
      true,
      (error, answer) => {
        if (error) reject(error);
        else resolve(answer!);
      },
    );
  });
}

function readAnswer(reader: Reader, partitionIndex: number): CarefulAnswer {
  reader.readInt32(); // Throttling.
  let errorCode = reader.readInt16();
  reader.readInt32(); // Session.
  let records: CarefulBatch[] = [];
  let abortedTransactions: AbortedTransaction[] | null = null;
  // The request named one topic and one partition: the rest of the answer, behind the records, is not needed.
  if (reader.readUnsignedVarInt() > 1) {
    reader.readUUID();
    if (reader.readUnsignedVarInt() > 1) {
      reader.readInt32();
      errorCode ||= reader.readInt16();
      reader.skip(3 * 8); // High watermark, last stable offset, begin of the log.
      abortedTransactions = reader.readNullableArray((inner) => ({
        producerId: inner.readInt64(),
        firstOffset: inner.readInt64(),
      }));
      reader.readInt32(); // Preferred replica.
      const size = reader.readUnsignedVarInt() - 1;
      if (size > 0) records = batchesOf(reader.buffer.slice(reader.position, reader.position + size));
    }
  }
  if (errorCode !== 0)
    throw new Error(`a fetch of partition ${partitionIndex} was answered with ${errorCode}`);
  return { partitionIndex, records, abortedTransactions };
}

/** Returns the batches of an answer that are complete. */
function batchesOf(buffer: Buffer): CarefulBatch[] {
  const batches: CarefulBatch[] = [];
  for (let at = 0; buffer.length - at >= HEAD_BYTES;) {
    const bytes = buffer.subarray(at, at + LENGTH_AT + 4 + buffer.readInt32BE(at + LENGTH_AT));
    if (bytes.length < LENGTH_AT + 4 + buffer.readInt32BE(at + LENGTH_AT)) break;
    batches.push(batchOf(bytes));
    at += bytes.length;
  }
  return batches;
}

function batchOf(bytes: Buffer): CarefulBatch {
  try {
    return readRecordsBatch(Reader.from(bytes));
  } catch (error) {
    const firstOffset = bytes.readBigInt64BE(0);
    const [attributes, lastOffsetDelta] = [
      bytes.readInt16BE(AT.attributes),
      bytes.readInt32BE(AT.lastOffsetDelta),
    ];
    const lastOffset = firstOffset + BigInt(lastOffsetDelta);
    const reason = error instanceof Error ? error.message : String(error);
    return {
      firstOffset,
      length: bytes.readInt32BE(LENGTH_AT),
      partitionLeaderEpoch: bytes.readInt32BE(AT.epoch),
      magic: 2,
      crc: 0,
      attributes,
      lastOffsetDelta,
      firstTimestamp: 0n,
      maxTimestamp: 0n,
      producerId: bytes.readBigInt64BE(AT.producerId),
      producerEpoch: 0,
      firstSequence: 0,
      records: [],
      unreadable: `a batch of ${bytes.readInt32BE(AT.count)} messages, offsets ${firstOffset} to ${lastOffset}, packed with ${codecOf(attributes)}, cannot be unpacked: ${reason}`,
    };
  }
}
