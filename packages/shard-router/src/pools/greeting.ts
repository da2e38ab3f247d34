import { connect } from 'node:net';
import type { Endpoint } from '../topology/endpoint.ts';

/** Offset of the protocol version in a server's first packet, after three bytes of length and one of sequence. */
const VERSION_AT = 4;
/** The versions of the protocol's first packet: 10 greets, 255 refuses. */
const VERSIONS = [10, 255];

/**
 * Whether what listens at an endpoint greets as MySQL does; undefined when nothing is heard in time. The driver cannot
 * tell another protocol from a connection that was cut.
 */
export function speaksMysql({ host, port }: Endpoint, timeoutMs: number): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    let heard = Buffer.alloc(0);
    const end = (answer: boolean | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (bytes) => {
      heard = Buffer.concat([heard, bytes]);
      if (heard.length > VERSION_AT) end(VERSIONS.includes(heard[VERSION_AT]!) && heard[3] === 0);
    });
    socket.on('timeout', () => end(undefined));
    socket.on('error', () => end(undefined));
    socket.on('close', () => end(heard.length > 0 ? false : undefined));
  });
}
