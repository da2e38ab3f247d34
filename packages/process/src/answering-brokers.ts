import { connect } from 'node:net';

/** How long a broker may take to answer. Milliseconds. */
const ANSWER_LIMIT_MS = 2_000;

/** An ApiVersions request of version 0 without a client's name: what every broker answers, before any login. */
const API_VERSIONS = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff]);

/**
 * Moves the broker that answers first to the head of a list of bootstrap brokers, `host:port` each; the others keep their
 * order. Asks all brokers at once, so that a broker that hangs, or whose machine is gone, costs nothing while another is
 * well; a client that asks them one after the other waits for a time-out at each. Returns the list unchanged when none
 * answers within two seconds.
 */
export async function answeringBrokersFirst(brokers: readonly string[]): Promise<string[]> {
  if (brokers.length < 2) return [...brokers];
  const ending = new AbortController();
  const limit = AbortSignal.any([ending.signal, AbortSignal.timeout(ANSWER_LIMIT_MS)]);
  try {
    const first = await Promise.any(brokers.map((broker) => answer(broker, limit)));
    return [first, ...brokers.filter((broker) => broker !== first)];
  } catch {
    return [...brokers];
  } finally {
    ending.abort();
  }
}

/** Resolves to `broker` when it has answered a request. */
async function answer(broker: string, signal: AbortSignal): Promise<string> {
  const colon = broker.lastIndexOf(':');
  const host = broker.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(broker.slice(colon + 1)), signal });
    socket.once('connect', () => socket.write(API_VERSIONS));
    socket.once('data', () => {
      socket.destroy();
      resolve(broker);
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`${broker} has closed the connection`)));
  });
}
