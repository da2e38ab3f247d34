import type { PoolConnection } from 'mysql2';
import { mayChangeSession } from '../statement/session-changes.ts';

/**
 * Flags of the status that a server puts into each answer:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html
 */
const IN_TRANSACTION = 0x0001;
const AUTOCOMMIT = 0x0002;
const NO_BACKSLASH_ESCAPES = 0x0200;
/** Our own flag beside the server's: a statement was sent that may have changed the session. */
const CHANGED = 0x1_0000;
/** The flags that are compared when a connection is given back. */
const LOOKED_AT = IN_TRANSACTION | AUTOCOMMIT | NO_BACKSLASH_ESCAPES | CHANGED;
/** No answer has told of the transaction. */
const UNKNOWN = 0;

/** Where a connection keeps its {@link KeptStatus}. */
export const STATUS = Symbol('ordershard.status');

/** What is known of the state of a connection. */
export interface KeptStatus {
  /** The flags of the server's last answer, and {@link CHANGED}. */
  flags: number;
  /** Whether a packet is being handled. The driver still counts the command that the packet may end as the one under way. */
  handling: boolean;
  /** Called with each command before it is sent. */
  watch?: ((command: Command) => void) | undefined;
}

/** The parts of the driver's packets and commands that are read here. */
interface Packet {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  readonly sequenceId: number;
}
/** A command of the driver, as its queue takes it. */
export interface Command {
  readonly sql?: string | undefined;
  /** The text of a statement that is prepared. */
  readonly query?: string | undefined;
  onResult?: ((error: unknown, result?: unknown, fields?: unknown) => void) | undefined;
  once(event: 'end' | 'error', done: (error?: unknown) => void): unknown;
}
type Methods = Record<string, (...args: unknown[]) => unknown>;
type Wire = PoolConnection & {
  [STATUS]?: KeptStatus;
  _paused?: boolean;
  _closing?: boolean;
  sequenceId?: number;
  _command?: Command | null;
  readonly _commands?: { readonly length: number };
  handlePacket?: (this: Wire, packet?: Packet) => void;
  addCommand?: (this: Wire, command: Command) => Command;
};

const OK_PACKET = 0x00;
const EOF_PACKET = 0xfe;
const ERROR_PACKET = 0xff;
const EOF_LENGTH = 5;

/**
 * Keeps the server's status of a connection from each of its answers, whoever sent the statement. It also notes whether a
 * statement was sent that may have changed the session. The driver reports the status of some answers only, and of none with
 * rows.
 *
 * An error does not report the status: it stays as it was before the statement, unless the text held several statements.
 *
 * Methods of the driver's connection are replaced once, for its life. Adding and removing them for each transaction would
 * turn the connection into an object in which V8 looks everything up by name.
 *
 * @param several whether a text may hold several statements
 * @returns a function that marks a command as part of the session's set-up, which does not count as a change
 */
export function keepStatus(connection: PoolConnection, several: boolean): (command: object) => void {
  const wire = connection as Wire;
  const status: KeptStatus = { flags: UNKNOWN, handling: false };
  const handlePacket = wire.handlePacket!;
  const setUp = new WeakSet<object>();
  let doubtful = several;
  const sent = (command: Command | null | undefined) => {
    const text = command?.sql ?? command?.query;
    // An execution has the text of what was prepared, and that was looked at.
    if (typeof text !== 'string' || setUp.has(command!)) return;
    // The router's own procedures leave nothing open where they refuse.
    doubtful = several || /^call (?!ordershard_)/i.test(text);
    if (mayChangeSession(text)) status.flags |= CHANGED;
  };
  wire[STATUS] = status;
  const addCommand = wire.addCommand!;
  wire.addCommand = function added(this: Wire, command) {
    status.watch?.(command);
    return addCommand.call(this, command);
  };
  wire.handlePacket = function handled(this: Wire, packet) {
    if (packet === undefined || this._paused === true) {
      if (packet === undefined) sent(this._command);
      return handlePacket.call(this, packet);
    }
    const { buffer, offset, end } = packet;
    // A server that notices that its client is gone sends an error out of turn; the driver would warn of it on the console.
    if (this._closing === true && buffer[offset] === ERROR_PACKET) this.sequenceId = packet.sequenceId;
    const command = this._command;
    const inDoubt = doubtful; // Of this command: the next one may be sent while this packet is handled.
    status.handling = true;
    handlePacket.call(this, packet);
    status.handling = false;
    if (this._command === command) return undefined;
    const flags = flagsIn(buffer, offset, end);
    if (flags !== undefined || inDoubt) status.flags = (status.flags & CHANGED) | (flags ?? UNKNOWN);
    return undefined;
  };
  for (const method of ['changeUser', 'reset'] as const) {
    const own = (wire as unknown as Methods)[method]!;
    (wire as unknown as Methods)[method] = (...args) => {
      status.flags |= CHANGED;
      return own.apply(wire, args);
    };
  }
  return (command) => setUp.add(command);
}

/**
 * Returns the status in the last packet of an answer; undefined for an error, and no flags for a packet that ends no
 * statement.
 */
function flagsIn(buffer: Buffer, offset: number, end: number): number | undefined {
  const first = buffer[offset];
  if (first === ERROR_PACKET) return undefined;
  let at = offset + 1;
  if (first === OK_PACKET) {
    at += lengthOfNumber(buffer[at]!);
    at += lengthOfNumber(buffer[at]!);
  } else if (first === EOF_PACKET && end - offset === EOF_LENGTH) at += 2;
  else return UNKNOWN;
  return at + 2 <= end ? buffer.readUInt16LE(at) : UNKNOWN;
}

function lengthOfNumber(first: number): number {
  if (first < 0xfb) return 1;
  if (first === 0xfc) return 3;
  return first === 0xfd ? 4 : 9;
}

/** Whether the last answer says that no transaction is open, and nothing was sent that may have changed the session. */
export function isAsItCame(connection: PoolConnection): boolean {
  return ((connection as Wire)[STATUS]!.flags & LOOKED_AT) === AUTOCOMMIT;
}

/**
 * Calls `watch` with every command that is sent on a connection, whoever sends it and by whichever method of the driver: each
 * command goes through the connection's queue. Undefined ends it. One watcher at a time.
 */
export function watchCommands(
  connection: PoolConnection,
  watch: ((command: Command) => void) | undefined,
): void {
  (connection as Wire)[STATUS]!.watch = watch;
}

/** Whether the last answer says that a transaction is open. */
export function isInTransaction(connection: PoolConnection): boolean {
  return ((connection as Wire)[STATUS]!.flags & IN_TRANSACTION) !== 0;
}

/** Whether a statement is under way, or waits for one that is. */
export function isBusy(connection: PoolConnection): boolean {
  const { _command, _commands } = connection as Wire;
  return (_command !== undefined && _command !== null) || (_commands !== undefined && _commands.length > 0);
}

/** Whether this is called from within the handling of a packet, when the command that it ends still looks under way. */
export function isHandlingPacket(connection: PoolConnection): boolean {
  return (connection as Wire)[STATUS]!.handling;
}
