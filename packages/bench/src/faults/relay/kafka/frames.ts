/** The numbers of the requests that matter here. */
const PRODUCE = 0;
/** Requests whose answers name brokers by host and port: Metadata, FindCoordinator, DescribeCluster. */
const NAMES_BROKERS: ReadonlySet<number> = new Set([3, 10, 60]);

/** The head of a request: what it is, and what its answer will be known by. */
export interface RequestHead {
  readonly api: number;
  readonly correlation: number;
}

export function headOf(request: Buffer): RequestHead {
  return { api: request.readInt16BE(4), correlation: request.readInt32BE(8) };
}

/** The number that tells to which request on the same connection an answer belongs. */
export function correlationOf(answer: Buffer): number {
  return answer.readInt32BE(4);
}

export function produces({ api }: RequestHead): boolean {
  return api === PRODUCE;
}

export function namesBrokers({ api }: RequestHead): boolean {
  return NAMES_BROKERS.has(api);
}

/**
 * Returns an answer with another port of a broker in it, so that the clients come to a proxy. In every version of the answers
 * the host's text is followed by the port in four bytes, so no length changes.
 */
export function withPort(answer: Buffer, host: string, port: number, instead: number): Buffer {
  const name = Buffer.alloc(host.length + 4);
  name.write(host, 'latin1');
  name.writeInt32BE(port, host.length);
  const changed = Buffer.from(answer);
  for (let at = changed.indexOf(name); at >= 0; at = changed.indexOf(name, at + 1)) {
    changed.writeInt32BE(instead, at + host.length);
  }
  return changed;
}
