/**
 * How many bytes one send may have. All of them can be for one partition, and a broker takes a record batch of a partition
 * only up to `max.message.bytes`, 1 MiB unless it was changed.
 */
export const CHUNK_BYTES = 900_000;

/** Bytes that a record needs besides key and value: its headers and lengths. */
const OVERHEAD_BYTES = 400;

/** Splits messages, in their order, into parts of at most `maxBytes`. One that is larger is a part of its own. */
export function* chunksOf<M extends { readonly key: string; readonly value: string }>(
  messages: readonly M[],
  maxBytes = CHUNK_BYTES,
): Generator<readonly M[], void> {
  let from = 0;
  let bytes = 0;
  for (let i = 0; i < messages.length; i += 1) {
    const { key, value } = messages[i]!;
    const size = key.length + Buffer.byteLength(value) + OVERHEAD_BYTES;
    if (bytes + size > maxBytes && i > from) {
      yield messages.slice(from, i);
      from = i;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < messages.length) yield messages.slice(from);
}
