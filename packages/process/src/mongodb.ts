import { MongoClient, type MongoClientOptions } from 'mongodb';

/**
 * Options with which a client of MongoDB gives 64-bit integers as bigints, and lives through a change of the primary. The
 * driver's streaming monitor (as of 7.9) throws, outside of any call, after a server has answered that it is not the
 * primary any more: it does not expect its own numbers as bigints, and the process ends. One that asks now and then does not.
 */
const EXACT = {
  useBigInt64: true,
  serverMonitoringMode: 'poll',
  heartbeatFrequencyMS: 2_000,
} as const satisfies MongoClientOptions;

/** What the driver keeps of its connections; not among its types. */
interface Connected {
  topology?: { isDestroyed(): boolean } | undefined;
}

/**
 * A client that can be tried again when its first attempt to connect has failed. The driver's own (as of 7.9) keeps what that
 * attempt has closed, and says of every later call that it is closed, also when the server has come.
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
 * Opens a client of MongoDB that connects when it is first used, and with any later use until it has. 64-bit integers are
 * bigints, both ways.
 */
export function openMongoClient(
  url: string,
  options: Omit<MongoClientOptions, keyof typeof EXACT>,
): MongoClient {
  return new LateClient(url, { ...EXACT, ...options });
}
