import type { Message } from '../message.ts';
import { DynamicBuffer } from '@platformatic/dynamic-buffer';
import { crc32c } from '@platformatic/kafka';

/** Bytes of a batch before its records. */
const HEADER_BYTES = 61;

/** Bytes that a record needs besides its texts: lengths and counts. */
const RECORD_BYTES = 64;
const RECORD_HEADER_BYTES = 10;

/** Bytes kept free before a record for its length, which is known only after the record was written. */
const LENGTH_BYTES = 5;

/**
 * The runtime's own encoder writes longer texts; for shorter ones, the loop here is done before the encoder would have begun.
 */
const SHORT_TEXT = 48;

/** Which producer a batch comes from, and which of its batches for the partition it is. Brokers recognise repeats by this. */
export interface BatchIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Number of records that the producer has sent to the partition before. */
  readonly sequence: number;
}

/**
 * Records for one partition, written directly into one buffer in Kafka's record format of version 2.
 *
 * The client's own writer creates objects and chained buffers for each field of each record. With the headers of CloudEvents
 * that took four times as long as everything else that a relay does for a message.
 *
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
export class RecordBatch {
  #buffer: Buffer;
  #end = HEADER_BYTES;
  #count = 0;

  constructor(bytes = 64 * 1_024) {
    this.#buffer = Buffer.allocUnsafe(bytes);
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#end;
  }

  /** Starts again in the same buffer. The result of {@link finish} is no longer valid. */
  clear(): void {
    this.#end = HEADER_BYTES;
    this.#count = 0;
  }

  append({ key, value, headers }: Message): void {
    const valueBytes = value.length;
    let names = 0;
    let room = LENGTH_BYTES + RECORD_BYTES + 3 * key.length + valueBytes;
    for (const name in headers) {
      names += 1;
      room += RECORD_HEADER_BYTES + 3 * (name.length + headers[name]!.length);
    }
    this.#reserve(room);
    const buffer = this.#buffer;
    const start = this.#end + LENGTH_BYTES;
    buffer[start] = 0; // Attributes.
    buffer[start + 1] = 0; // Milliseconds since the time of the batch.
    let at = writeVarint(buffer, start + 2, this.#count);
    at = writeText(buffer, at, key);
    at = writeVarint(buffer, at, valueBytes);
    at += value.copy(buffer, at);
    at = writeVarint(buffer, at, names);
    for (const name in headers) {
      at = writeText(buffer, at, name);
      at = writeText(buffer, at, headers[name]!);
    }
    const length = at - start;
    const body = writeVarint(buffer, this.#end, length);
    buffer.copyWithin(body, start, at);
    this.#end = body + length;
    this.#count += 1;
  }

  /** The batch as it goes into a request; it shares the buffer. `now` is the time of its records, in milliseconds. */
  finish({ producerId, producerEpoch, sequence }: BatchIdentity, now: number): Buffer {
    const batch = this.#buffer.subarray(0, this.#end);
    batch.writeBigInt64BE(0n, 0); // The first offset is the broker's to give.
    batch.writeInt32BE(this.#end - 12, 8);
    batch.writeInt32BE(-1, 12); // The leader's epoch is the broker's to give.
    batch.writeInt8(2, 16);
    batch.writeInt16BE(0, 21); // Not compressed, times are the producer's, no transaction.
    batch.writeInt32BE(this.#count - 1, 23);
    batch.writeBigInt64BE(BigInt(now), 27);
    batch.writeBigInt64BE(BigInt(now), 35);
    batch.writeBigInt64BE(producerId, 43);
    batch.writeInt16BE(producerEpoch, 51);
    batch.writeInt32BE(sequence, 53);
    batch.writeInt32BE(this.#count, 57);
    // Wrap the bytes without a copy: `crc32c` would first copy bytes of another type.
    batch.writeUInt32BE(crc32c(new DynamicBuffer(batch.subarray(21))), 17);
    return batch;
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#end + bytes));
    this.#buffer.copy(larger, 0, 0, this.#end);
    this.#buffer = larger;
  }
}

/** Writes a number of at least 0 as a signed varint (zigzag). Returns the offset where it ends. */
function writeVarint(buffer: Buffer, offset: number, value: number): number {
  let at = offset;
  let rest = value * 2;
  while (rest > 127) {
    buffer[at] = (rest & 127) | 128;
    rest = Math.floor(rest / 128);
    at += 1;
  }
  buffer[at] = rest;
  return at + 1;
}

/** Writes a text with its length. Returns the offset where it ends. */
function writeText(buffer: Buffer, offset: number, text: string): number {
  const { length } = text;
  if (length <= SHORT_TEXT) {
    buffer[offset] = 2 * length;
    let i = 0;
    for (; i < length; i += 1) {
      const code = text.charCodeAt(i);
      if (code > 127) break;
      buffer[offset + 1 + i] = code;
    }
    if (i === length) return offset + 1 + length;
  }
  const at = writeVarint(buffer, offset, Buffer.byteLength(text));
  return at + buffer.write(text, at);
}
