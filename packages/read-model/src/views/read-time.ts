import type { Db, Timestamp } from 'mongodb';

/**
 * Returns a time of the replica set. Several reads at this time see one state: everything that was acknowledged before this
 * call. Throws the driver's errors.
 */
export async function readTimeOf(db: Db): Promise<Timestamp> {
  const { operationTime } = await db.command({ ping: 1 });
  return operationTime as Timestamp;
}

/** A time as a 63-bit integer that rises with it. Its count within a second stays far below 2^31. */
export function asVersion(time: Timestamp): bigint {
  return (BigInt(time.getHighBitsUnsigned()) << 31n) | BigInt(time.getLowBitsUnsigned());
}
