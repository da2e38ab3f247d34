/**
 * Run by tests as a process of its own: starts the stack that the first argument describes (JSON), says that it is
 * ready, and stays until it is ended from outside.
 */
import { startStack, type StackOptions } from '../stack/start.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as StackOptions;
await startStack(options);
process.stdout.write(`${JSON.stringify({ msg: 'ready', role: 'stack', port: 0 })}\n`);
setInterval(() => undefined, 60_000);
