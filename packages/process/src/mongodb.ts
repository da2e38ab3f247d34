import { MongoClient, type MongoClientOptions } from 'mongodb';

/**
 * Options with which a MongoDB client returns 64-bit integers as bigints, and survives a change of the primary. The driver's
 * streaming monitor (as of 7.9) throws, outside of any call, after a server has answered that it is no longer the primary: it
 * does not expect its own numbers as bigints, and the process ends. A polling monitor does not throw.
 */
const EXACT = {
  useBigInt64: true,
  serverMonitoringMode: 'poll',
  heartbeatFrequencyMS: 2_000,
} as const satisfies MongoClientOptions;

/** The driver's internal state of its connections, which its types do not declare. */
interface Connected {
  topology?: { isDestroyed(): boolean } | undefined;
}

/**
 * A client that can connect again after its first attempt has failed. The driver's own client (as of 7.9) keeps the topology
 * that the failed attempt closed, and rejects every later call as closed, even when the server is there by then.
 */
class LateClient extends MongoClient {
  override async connect(): Promise<this> {
    try {
      return await super.connect();
    } catch (error) {
      const own = this as unknown as Connected;
      if (own.topology?.isDestroyed() === true) own.topology = undefined;
      throw error;
    }
  }
}

/**
 * Opens a MongoDB client that connects when it is first used, and tries again with each later use until it has connected.
 * 64-bit integers are bigints, both ways.
 */
export function openMongoClient(
  url: string,
  options: Omit<MongoClientOptions, keyof typeof EXACT>,
): MongoClient {
  return new LateClient(url, { ...EXACT, ...options });
}
