import type { ShardSession } from '@ordershard/shard-router';

export interface BinlogSettings {
  readonly version: string;
  readonly logBin: boolean;
  readonly format: string;
  readonly rowImage: string;
}

/** How the server writes its binary log. Reads variables only. */
export async function readBinlogSettings(session: ShardSession): Promise<BinlogSettings> {
  const [row] = await session.query<Record<'version' | 'log_bin' | 'format' | 'image', string | number>>(
    `SELECT VERSION() AS version, @@log_bin AS log_bin, @@global.binlog_format AS format,
            @@global.binlog_row_image AS image`,
  );
  return {
    version: String(row?.version),
    logBin: Number(row?.log_bin) === 1,
    format: String(row?.format),
    rowImage: String(row?.image),
  };
}

/** The grants of the session's user, one statement each. */
export async function readGrants(session: ShardSession): Promise<string[]> {
  const rows = await session.query<Record<string, string>>('SHOW GRANTS');
  return rows.map((row) => Object.values(row)[0] ?? '');
}
