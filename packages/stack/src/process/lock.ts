import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Runs `fn` while no other process of this user holds the lock of that path. The lock is a bound socket: the kernel frees it
 * when its holder dies, so that on Linux, where the socket has a name but no file, no stale lock can stay. The alternative
 * was a lock file with a pid in it; with that, two processes that take over from the same dead one can meet.
 *
 * @param onWait called once when another process holds the lock
 */
export async function withLock<T>(path: string, fn: () => Promise<T>, onWait?: () => void): Promise<T> {
  const release = await acquire(socketNameOf(path), onWait);
  try {
    return await fn();
  } finally {
    await release();
  }
}

async function acquire(name: string, onWait?: () => void): Promise<() => Promise<void>> {
  for (let waited = false; ; waited = true) {
    const release = await bind(name);
    if (release !== null) return release;
    if (!waited) onWait?.();
    await holderGone(name);
  }
}

/** Binds the name; null when another process has it. */
async function bind(name: string): Promise<(() => Promise<void>) | null> {
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => waiting.delete(socket));
  });
  try {
    server.listen(name);
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return null;
    throw error;
  }
  return async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of waiting) socket.destroy();
    await closed;
  };
}

/** Resolves when the holder's end of a connection closes, which it does when the holder is done or dies. */
async function holderGone(name: string): Promise<void> {
  const socket = connect(name);
  socket.resume();
  await new Promise<void>((done) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // A socket file whose owner died: remove it, so that the next try can bind it.
      if (error.code === 'ECONNREFUSED' && !name.startsWith('\0')) rmSync(name, { force: true });
    });
    socket.once('close', () => done());
  });
}

function socketNameOf(path: string): string {
  const hash = createHash('sha256').update(resolve(path)).digest('hex').slice(0, 24);
  const name = `ordershard-${process.getuid?.() ?? 0}-${hash}`;
  return process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.lock`);
}
