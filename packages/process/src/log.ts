import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/** A logger that writes JSON lines to standard output, with names of sensitive fields kept out. */
export function createLogger(role: string, level: string): Logger {
  return pino({
    level,
    base: { role, pid: process.pid },
    redact: ['req.headers.authorization', 'req.headers.cookie', '*.password', '*.token'],
  });
}
