import type { PoolConnection } from 'mysql2';
import { mayChangeSession } from '../statement/session-changes.ts';

/** Flags of the status that a server puts into each answer: https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html */
const IN_TRANSACTION = 0x0001;
const AUTOCOMMIT = 0x0002;
const NO_BACKSLASH_ESCAPES = 0x0200;
/** Beside the server's flags: a statement was sent that may have changed the session. */
const CHANGED = 0x1_0000;
/** What is compared at give-back. */
const LOOKED_AT = IN_TRANSACTION | AUTOCOMMIT | NO_BACKSLASH_ESCAPES | CHANGED;
/** No answer has told of the transaction. */
const UNKNOWN = 0;

/** Where a connection keeps its {@link KeptStatus}. */
export const STATUS = Symbol('ordershard.status');

/** What is known of the state of a connection. */
export interface KeptStatus {
  /** The flags of the server's last answer, and {@link CHANGED}. */
  flags: number;
  /** Whether a packet is being handled: the command that it may end is still the one under way, by the driver's books. */
  handling: boolean;
  /** Is told each command that is sent, before it is. */
  watch?: ((command: Command) => void) | undefined;
}

/** What is read of the driver's packets and commands. */
interface Packet {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly end: number;
  readonly sequenceId: number;
}
/** A command of the driver, as its queue takes it. */
export interface Command {
  readonly sql?: string | undefined;
  /** Of what is prepared. */
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
 * Keeps the server's status of a connection, from each of its answers, whoever asked, and whether a statement was sent
 * that may have changed the session. The driver tells the status of some answers only, and of none with rows.
 *
 * An error says nothing of the status: it stays what it was before the statement, unless several statements were in it.
 *
 * Methods of the driver's connection are replaced once, for its life: put there and taken away for each transaction, they
 * would make of it an object that V8 looks everything up in by name.
 *
 * @param several whether a text may hold several statements
 * @returns marks a command as one that sets the session up, which changes nothing
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
    // A server that notices that its client has gone says so out of turn, of which the driver would warn on the console.
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

/** The status in the last packet of an answer; undefined for an error. One that is no end of a statement has none of the flags. */
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
 * Has all commands that are sent on a connection told to `watch`, whoever sends them and by which of the driver's methods:
 * each goes through the connection's queue. Undefined ends it. One at a time.
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
