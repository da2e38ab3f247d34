import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { MovePlan, MoveStep } from '@ordershard/rebalance';
import { ownEnvironment, type Store } from '../../move/store.ts';

const SCRIPT = join(import.meta.dirname, 'mover-process.ts');

/** What a mover is to do. */
export interface MoverWork {
  readonly action: 'run' | 'resume' | 'rollback';
  readonly plan?: MovePlan;
  /** After this step it waits until {@link Mover.goOn}. */
  readonly waitAfter?: MoveStep;
}

/** From the mover: it waits after a step, or has ended. */
export type MoverMessage = { readonly at: MoveStep } | { readonly ended: string; readonly message?: string };

/** How a mover ended: `done`, the code of its error, or `killed`. */
export interface MoverEnd {
  readonly how: string;
  readonly message: string;
}

/** A process that moves buckets. */
export class Mover {
  readonly ended: Promise<MoverEnd>;
  readonly #child: ChildProcess;
  readonly #waits = Promise.withResolvers<void>();

  /** @param store names the shards, in its variables */
  constructor(store: Pick<Store, 'env'>, work: MoverWork) {
    this.#child = spawn(process.execPath, ['--conditions=source', '--no-warnings', SCRIPT], {
      env: { ...ownEnvironment(), ...store.env, FAULTS_MOVE: JSON.stringify(work) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    this.#child
      .stderr!.setEncoding('utf8')
      .on('data', (text: string) => (said = (said + text).slice(-2_000)));
    let end: MoverEnd | undefined;
    this.#child.on('message', (message: MoverMessage) => {
      if ('at' in message) this.#waits.resolve();
      else end = { how: message.ended, message: message.message ?? '' };
    });
    this.ended = once(this.#child, 'exit').then(() => end ?? { how: 'killed', message: said });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Resolves when it waits after its step. False when it ended without getting there. */
  waits(): Promise<boolean> {
    return Promise.race([this.#waits.promise.then(() => true), this.ended.then(() => false)]);
  }

  /** Lets it go on after its step. */
  goOn(): void {
    if (this.#child.connected) this.#child.send({ goOn: true }, () => undefined);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it without a chance to tidy up. */
  async kill(): Promise<MoverEnd> {
    this.#child.kill('SIGKILL');
    return this.ended;
  }
}
