import { SettingsError } from './errors.ts';
import { createLogger, type Logger } from './log.ts';

/** A started process: where it serves, and how it ends what is under way. */
export interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

/** How long a stop may take before the process ends all the same. */
const STOP_LIMIT_MS = 20_000;

/**
 * Runs a long-lived process: starts it, logs `ready` with its port, and on SIGTERM or SIGINT stops it and exits with 0.
 * Settings that are refused print one line and exit with 2; a start that fails exits with 1.
 */
export async function runProcess(
  role: string,
  start: (log: Logger) => Promise<Running>,
  level = process.env['ORDERSHARD_LOG_LEVEL'] ?? 'info',
): Promise<void> {
  const log = createLogger(role, level);
  let stopping = false;
  const early = (signal: NodeJS.Signals) => {
    log.info({ signal }, 'stopped before it was ready');
    process.exit(0);
  };
  process.once('SIGTERM', early).once('SIGINT', early);
  let running: Running;
  try {
    running = await start(log);
  } catch (error) {
    if (error instanceof SettingsError) {
      process.stderr.write(`${error.message}\n`);
      process.exit(2);
    }
    log.fatal({ err: error }, 'cannot start');
    process.exit(1);
  }
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => {
      log.error('did not stop in time');
      process.exit(1);
    }, STOP_LIMIT_MS).unref();
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'did not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.off('SIGTERM', early).off('SIGINT', early);
  process.on('SIGTERM', stop).on('SIGINT', stop);
  log.info({ port: running.port }, 'ready');
}
