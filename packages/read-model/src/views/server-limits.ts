import type { Db } from 'mongodb';

/** The limits of the server. */
export interface ServerLimits {
  /** Bytes of a document at the most. */
  readonly documentBytes: number;
  /** Bytes of a command's writes at the most, beside what the command takes itself. */
  readonly commandBytes: number;
  /** Writes of a command at the most. */
  readonly writes: number;
}

/** What a command takes beside its writes: names, concerns, session and cluster time. The server allows for 16 KiB of it. */
const COMMAND_BYTES = 8_192;

const known = new WeakMap<Db, ServerLimits>();

/** Asks the server for its limits, once for each database. Throws the driver's errors. */
export async function serverLimitsOf(db: Db): Promise<ServerLimits> {
  const before = known.get(db);
  if (before !== undefined) return before;
  const { maxBsonObjectSize, maxWriteBatchSize } = await db.admin().command({ hello: 1 });
  const documentBytes = Number(maxBsonObjectSize);
  const limits = {
    documentBytes,
    commandBytes: documentBytes - COMMAND_BYTES,
    writes: Number(maxWriteBatchSize),
  };
  known.set(db, limits);
  return limits;
}
