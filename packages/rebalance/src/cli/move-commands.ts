import type { Command } from 'commander';
import type { MoveEngine } from '../move/engine.ts';
import { addCleanUpCommand } from './cleanup-command.ts';
import { addRunCommand } from './run-command.ts';
import { addSettleCommands } from './settle-commands.ts';
import { addStatusCommands } from './status-commands.ts';

/** Adds `run`, `status`, `verify`, `resume`, `rollback` and `cleanup`. */
export function addMoveCommands(program: Command, engine: MoveEngine): void {
  addRunCommand(program, engine);
  addStatusCommands(program, engine);
  addSettleCommands(program, engine);
  addCleanUpCommand(program, engine);
}
