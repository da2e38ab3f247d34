import { type Connection, produceV9, ResponseError, Writer } from '@platformatic/kafka';

const PRODUCE = 0;

/** The newest version that all brokers from 2.4 on know. */
const VERSION = 9;

const ACKS_ALL = -1;

/** A batch of one partition as it goes into a request. */
export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: Buffer;
}

/** The broker's answer to one batch. */
export interface PartitionAnswer {
  readonly topic: string;
  readonly partition: number;
  /** Kafka's error code, 0 for none. */
  readonly errorCode: number;
  readonly errorMessage: string | null;
  /** Records that caused the error, by their place in the batch, if the broker names any. */
  readonly recordErrors: readonly {
    readonly batchIndex: number;
    readonly batchIndexErrorMessage?: string | null | undefined;
  }[];
}

type Response = ReturnType<typeof produceV9.parseResponse>;

/** Sends batches to the broker that leads their partitions, and resolves to its answer to each. */
export async function produce(
  connection: Connection,
  batches: readonly PartitionBatch[],
  timeoutMs: number,
): Promise<PartitionAnswer[]> {
  let response: Response;
  try {
    response = await new Promise<Response>((resolve, reject) => {
      connection.send<Response>(
        PRODUCE,
        VERSION,
        () => produceRequest(batches, timeoutMs),
        produceV9.parseResponse,
        true,
        true,
        (error, result) => {
          if (error === null || error === undefined) resolve(result!);
          else reject(error);
        },
      );
    });
  } catch (error) {
    // The client throws a response with an error of any partition, and the thrown error holds the whole response.
    if (!(error instanceof ResponseError)) throw error;
    response = error['response'] as Response;
  }
  return response.responses.flatMap(({ name, partitionResponses }) =>
    partitionResponses.map(({ index, errorCode, errorMessage, recordErrors }) => ({
      topic: name,
      partition: index,
      errorCode,
      errorMessage: errorMessage ?? null,
      recordErrors,
    })),
  );
}

function produceRequest(batches: readonly PartitionBatch[], timeoutMs: number): Writer {
  const topics = Map.groupBy(batches, ({ topic }) => topic);
  return Writer.create()
    .appendString(null)
    .appendInt16(ACKS_ALL)
    .appendInt32(timeoutMs)
    .appendArray([...topics], (writer, [topic, partitions]) => {
      writer.appendString(topic).appendArray(partitions, (inner, { partition, records }) => {
        inner
          .appendInt32(partition)
          .appendUnsignedVarInt(records.length + 1)
          .append(records);
      });
    })
    .appendTaggedFields();
}
