import type { ShardSession } from '@ordershard/shard-router';

/** A place in a server's binary log. */
export interface BinlogPosition {
  /** The server's UUID: file and position mean nothing on another server. */
  readonly server: string;
  readonly file: string;
  readonly pos: number;
  /** All transactions up to there; empty where the server keeps no GTIDs. */
  readonly gtids: string;
}

/** Where the binary log ends now. Needs the REPLICATION CLIENT privilege. No locks. */
export async function readBinlogPosition(session: ShardSession): Promise<BinlogPosition> {
  const [about] = await session.query<{ version: string; server: string }>(
    'SELECT VERSION() AS version, @@server_uuid AS server',
  );
  const [major, minor] = (about?.version ?? '').split('.').map(Number);
  // MySQL 8.4 no longer knows the old spelling, and MySQL before 8.2 not the new one.
  const isNew = major! > 8 || (major === 8 && minor! >= 2);
  const [status] = await session.query<{ File: string; Position: string; Executed_Gtid_Set?: string }>(
    isNew ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS',
  );
  return {
    server: about?.server ?? '',
    file: status?.File ?? '',
    pos: Number(status?.Position ?? 0),
    gtids: (status?.Executed_Gtid_Set ?? '').replaceAll(/\s/g, ''),
  };
}
