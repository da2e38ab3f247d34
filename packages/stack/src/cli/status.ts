import { resolve } from 'node:path';
import { StackStateError } from '../errors.ts';
import { stackStatus, type ServerStatus } from '../stack/status.ts';

/** Prints the servers of a stack and the health of each. Exits with 1 when one is not well. */
export async function status(options: { name: string; root: string; json?: boolean }): Promise<void> {
  const found = await stackStatus(resolve(options.root), options.name);
  if (options.json)
    process.stdout.write(`${JSON.stringify(found ?? { name: options.name, phase: 'absent' }, null, 2)}\n`);
  if (found === null) {
    if (options.json) process.exitCode = 1;
    else throw new StackStateError(`there is no stack "${options.name}" here; start it: npm run stack -- up`);
    return;
  }
  if (!options.json)
    process.stdout.write(
      [`stack "${found.name}": ${found.phase}`, ...found.servers.map(line), ''].join('\n'),
    );
  if (found.servers.some((server) => server.health !== 'ok')) process.exitCode = 1;
}

function line(server: ServerStatus): string {
  const where = server.pid === null ? (server.container?.slice(0, 12) ?? '') : `pid ${server.pid}`;
  const health = server.health === 'ok' ? 'ok' : `NOT WELL: ${server.health}`;
  return [
    '',
    server.id.padEnd(10),
    server.way.padEnd(7),
    server.version.padEnd(12),
    `port ${server.port}`.padEnd(11),
    where.padEnd(13),
    health,
  ].join(' ');
}
