import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const LOOPBACK = '127.0.0.1';
const LOWEST = 15_000;
const TRIES = 200;

/** Ports that this process has chosen already: two starts at once must not choose the same one. */
const given = new Set<number>();

/**
 * A port of 127.0.0.1 that nothing listens on. It is chosen below the range that the kernel hands to outgoing
 * connections, since a server that is restarted must find its port free again.
 */
export async function freePort(): Promise<number> {
  const end = outgoingRangeStart(readRange());
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const port = randomInt(LOWEST, end);
    if (!given.has(port) && (await isFree(port))) {
      given.add(port);
      return port;
    }
  }
  throw new Error(`no free port between ${LOWEST} and ${end} on ${LOOPBACK} after ${TRIES} tries`);
}

/** Whether a port of 127.0.0.1 can be bound now. */
export async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Whether the end of a server's log says that its port was taken, whichever server wrote it. */
export function saysPortTaken(log: string): boolean {
  return /address already in use|errno[:=] ?98|EADDRINUSE|bind on TCP\/IP port/i.test(log);
}

/** The first port of the kernel's outgoing range, from the text of `ip_local_port_range`. */
export function outgoingRangeStart(text: string | null): number {
  const first = Number.parseInt(text ?? '', 10);
  return Number.isInteger(first) && first > LOWEST + 1_000 ? first : 32_768;
}

function readRange(): string | null {
  try {
    return readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
  } catch {
    return null;
  }
}
