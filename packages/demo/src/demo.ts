import { rmSync } from 'node:fs';
import { keepHint } from './keep.ts';
import { InterruptedError } from './play/errors.ts';
import { ProcessError } from './processes/errors.ts';
import { isRight, type Summary } from './report/summary.ts';
import { toTable } from './report/table.ts';
import { runDay } from './run-day.ts';
import { setScene } from './scene.ts';
import type { DemoSettings } from './settings.ts';
import { openSource } from './source.ts';

/**
 * Does one whole run: reads the input if there is any, sets the scene, plays the day, compares, reports the result, and ends
 * or keeps everything. Throws InputFileError, the stack's errors, ProcessError, and InterruptedError when `signal` is given.
 */
export async function runDemo(
  settings: DemoSettings,
  out: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>,
  signal: AbortSignal,
): Promise<Summary> {
  let refusedRows = 0;
  const refuse = (line: number, reason: string) => {
    refusedRows += 1;
    process.stderr.write(`${settings.input}:${line}: ${reason}\n`);
  };
  const say = (line: string) => void out.write(`${line}\n`);
  const source = await openSource(settings, refuse);
  const death = new AbortController();
  const either = AbortSignal.any([signal, death.signal]);
  const died = (why: string) => death.abort(new ProcessError(why));
  const logs = new Logs(settings.keep);
  try {
    const scene = await setScene({ settings, signal: either, say, died, logsIn: (dir) => (logs.dir = dir) });
    let kept = false;
    try {
      const refused = () => refusedRows;
      const summary = await runDay({
        settings,
        scene,
        source,
        out,
        signal: either,
        refuse,
        refusedRows: refused,
      });
      say(`\n${toTable(summary)}\n`);
      logs.wanted ||= !isRight(summary);
      if (settings.keep) {
        say(await keepHint(scene));
        await scene.release();
        kept = true;
      }
      return summary;
    } finally {
      if (!kept)
        for (const error of await scene.close()) process.stderr.write(`while ending: ${error.message}\n`);
    }
  } catch (error) {
    logs.wanted ||= !(signal.aborted || error instanceof InterruptedError);
    throw error;
  } finally {
    logs.end();
  }
}

/** The folder of the processes' logs, which a run leaves behind only if somebody needs it. */
class Logs {
  dir: string | undefined;
  wanted: boolean;
  readonly #kept: boolean;

  constructor(kept: boolean) {
    this.#kept = kept;
    this.wanted = kept;
  }

  end(): void {
    if (this.dir === undefined) return;
    if (this.wanted) process.stderr.write(`logs of the processes: ${this.dir}\n`);
    else if (!this.#kept) rmSync(this.dir, { recursive: true, force: true });
  }
}
