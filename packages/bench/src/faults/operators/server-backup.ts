import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerHandle } from '@ordershard/stack';

/** A copy of all that a server had on its disk at a moment. */
export class ServerBackup {
  readonly #server: ServerHandle;
  readonly #folder: string;

  private constructor(server: ServerHandle, folder: string) {
    this.#server = server;
    this.#folder = folder;
  }

  /** Ends the server, copies its data, and starts it again. */
  static async of(server: ServerHandle): Promise<ServerBackup> {
    const folder = await mkdtemp(join(tmpdir(), 'ordershard-backup-'));
    await server.restart((dataDir) => cp(dataDir, folder, { recursive: true }));
    return new ServerBackup(server, folder);
  }

  /** Kills the server, puts the copy in place of its data, and starts it. Gives the process ids before and after. */
  async restore(): Promise<{ readonly before: number | undefined; readonly after: number | undefined }> {
    const before = this.#server.pid;
    await this.#server.kill('SIGKILL');
    await this.#server.restart(async (dataDir) => {
      await rm(dataDir, { recursive: true, force: true });
      await cp(this.#folder, dataDir, { recursive: true });
    });
    return { before, after: this.#server.pid };
  }

  async end(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
