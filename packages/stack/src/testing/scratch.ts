import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PARTS } from '../parts/registry.ts';
import { downStack, strays } from '../stack/down.ts';
import { readState, stackDirOf, stackNames, type StackState } from '../stack/state.ts';

/** A checkout root of its own, for tests of the stack itself. */
export interface Scratch {
  readonly root: string;
  /** This process's variables without the servers of Jest's own stack. */
  readonly env: Record<string, string>;
  /** The state of a stack below the root, if it is there. */
  state(name: string): StackState | null;
  /** Processes that carry the mark of a stack's folder. */
  processesOf(name: string): number[];
  exists(name: string): boolean;
  /** Ends whatever is left below the root and removes it. */
  remove(): Promise<void>;
}

export function scratch(): Scratch {
  const root = mkdtempSync(join(tmpdir(), 'ordershard-stack-'));
  return {
    root,
    env: envWithoutServers(),
    state: (name) => readState(stackDirOf(root, name)),
    processesOf: (name) => strays(stackDirOf(root, name), []).map((identity) => identity.pid),
    exists: (name) => existsSync(stackDirOf(root, name)),
    remove: async () => {
      for (const name of stackNames(root)) await downStack(root, name);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function envWithoutServers(): Record<string, string> {
  const given = new Set([...Object.values(PARTS).map((part) => part.variable), 'ORDERSHARD_JWKS_FILE']);
  const entries = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !given.has(name),
  );
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Waits for a condition, looking every few milliseconds; fails after 30 s with what was waited for. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
