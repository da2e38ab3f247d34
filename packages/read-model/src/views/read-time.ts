import type { Db, Timestamp } from 'mongodb';

/**
 * A time of the replica set at which several reads can be made, so that they see one state: all that was acknowledged
 * before it was asked for. Throws the driver's errors.
 */
export async function readTimeOf(db: Db): Promise<Timestamp> {
  const { operationTime } = await db.command({ ping: 1 });
  return operationTime as Timestamp;
}

/** A time as a 63-bit integer that rises with it. Its count within a second stays far below 2^31. */
export function asVersion(time: Timestamp): bigint {
  return (BigInt(time.getHighBitsUnsigned()) << 31n) | BigInt(time.getLowBitsUnsigned());
}
