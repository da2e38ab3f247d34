import { UnsupportedMethodError } from '../errors.ts';

/** Methods of the driver's connections that are refused, and why. */
export const REFUSED_METHODS = {
  reset: 'would end the transaction and the settings of a pooled session',
  changeUser: 'would make a pooled session one of another user',
  createBinlogStream: 'needs a connection outside the pool',
  serverHandshake: 'is for servers',
  writeOk: 'is for servers',
  writeError: 'is for servers',
  writeEof: 'is for servers',
  writeColumns: 'is for servers',
  writeTextRow: 'is for servers',
  writeBinaryRow: 'is for servers',
  writeTextResult: 'is for servers',
  writePacket: 'would write into a pooled connection past its queue',
  write: 'would write into a pooled connection past its queue',
  addCommand: 'would send past the order of this connection',
  handlePacket: 'would read from a pooled connection past its queue',
  startTLS: 'is done when a connection is opened',
  protocolError: 'is for the driver itself',
  pipe: 'is for servers',
} as const;

/** Throws {@link UnsupportedMethodError}. */
export function unsupported(method: keyof typeof REFUSED_METHODS): never {
  throw new UnsupportedMethodError(`${method}() ${REFUSED_METHODS[method]}`);
}

/** Puts the refused methods on a prototype. */
export function refuseMethods(prototype: object): void {
  for (const method of Object.keys(REFUSED_METHODS) as (keyof typeof REFUSED_METHODS)[]) {
    Object.defineProperty(prototype, method, {
      // One with a callback or a promise is refused as all that it does: at once, because it is a mistake in the program.
      value: () => unsupported(method),
      writable: true,
      configurable: true,
    });
  }
}
