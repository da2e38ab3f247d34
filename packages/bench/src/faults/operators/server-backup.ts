import { constants, cp, rename, rm } from 'node:fs/promises';
import type { RowDataPacket } from 'mysql2';
import type { ServerHandle } from '@ordershard/stack';
import { withPlain } from '../connect.ts';

/** Files of a running server that name it. */
const ITS_OWN = /\.(sock|sock\.lock|pid)$/;

/** A copy of all that a server had on its disk at a moment, as a snapshot of a volume is one. Put back once. */
export class ServerBackup {
  readonly #server: ServerHandle;
  readonly #folder: string;

  private constructor(server: ServerHandle, folder: string) {
    this.#server = server;
    this.#folder = folder;
  }

  /** Copies a server's data while the server is paused: what it would find after a loss of power at this moment. */
  static async of(server: ServerHandle): Promise<ServerBackup> {
    const dataDir = await withPlain([server.adminUrl!], async ([connection]) => {
      // Hours of its binary log need not be copied.
      await connection!.query('FLUSH BINARY LOGS');
      await connection!.query('PURGE BINARY LOGS BEFORE NOW()');
      const [[row]] = await connection!.query<RowDataPacket[]>('SELECT @@datadir AS dir');
      return (row!['dir'] as string).replace(/\/$/, '');
    });
    // Beside it, so that it is put back without a second copy.
    const folder = `${dataDir}.backup`;
    await rm(folder, { recursive: true, force: true });
    await server.pause();
    try {
      await cp(dataDir, folder, {
        recursive: true,
        mode: constants.COPYFILE_FICLONE,
        filter: (source) => !ITS_OWN.test(source),
      });
    } finally {
      await server.resume();
    }
    return new ServerBackup(server, folder);
  }

  /** Kills the server, puts the copy in place of its data, and starts it. Returns the process ids before and after. */
  async restore(): Promise<{ readonly before: number | undefined; readonly after: number | undefined }> {
    const before = this.#server.pid;
    await this.#server.kill('SIGKILL');
    await this.#server.restart(async (dataDir) => {
      await rm(dataDir, { recursive: true, force: true });
      await rename(this.#folder, dataDir);
    });
    return { before, after: this.#server.pid };
  }

  async end(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
