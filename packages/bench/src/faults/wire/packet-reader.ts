const HEADER_BYTES = 4;
const COM_QUERY = 0x03;
const ERR = 0xff;
const OK = 0x00;
const MORE_RESULTS = 0x0008;

/** Cuts one direction of a connection into the packets of MySQL's protocol, each with its header of four bytes. */
export class PacketReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Takes in a chunk, and returns the packets that are complete. */
  push(chunk: Buffer): Buffer[] {
    let rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const packets: Buffer[] = [];
    while (rest.length >= HEADER_BYTES) {
      const length = HEADER_BYTES + rest.readUIntLE(0, 3);
      if (rest.length < length) break;
      packets.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    this.#rest = rest;
    return packets;
  }
}

/** The SQL text of a packet that asks for it to be run; undefined for any other packet. */
export function textOfQuery(packet: Buffer): string | undefined {
  // A command begins a new exchange, whose packets count from 0.
  if (packet.length <= HEADER_BYTES || packet[3] !== 0 || packet[HEADER_BYTES] !== COM_QUERY)
    return undefined;
  return packet.toString('utf8', HEADER_BYTES + 1);
}

/** The error of a packet in which the server refuses a statement; undefined for any other packet. */
export function errorOf(packet: Buffer): { readonly errno: number; readonly message: string } | undefined {
  if (packet[HEADER_BYTES] !== ERR) return undefined;
  return { errno: packet.readUInt16LE(HEADER_BYTES + 1), message: packet.toString('utf8', HEADER_BYTES + 3) };
}

/** Whether a packet says that the last of several statements, none of which selects anything, is done. */
export function isLastOk(packet: Buffer): boolean {
  if (packet[HEADER_BYTES] !== OK) return false;
  let at = HEADER_BYTES + 1;
  for (let skipped = 0; skipped < 2; skipped += 1) at += lengthOfInteger(packet[at] ?? 0);
  return at + 2 <= packet.length && (packet.readUInt16LE(at) & MORE_RESULTS) === 0;
}

/** Bytes of a length-encoded integer that begins with `first`. */
function lengthOfInteger(first: number): number {
  if (first < 0xfb) return 1;
  return { 0xfc: 3, 0xfd: 4, 0xfe: 9 }[first] ?? 1;
}
