import { resolve } from 'node:path';
import { downStack } from '../stack/down.ts';
import { stackNames } from '../stack/state.ts';

/** Ends one stack, or all stacks of the checkout, and says so. It is no error when there is no such stack. */
export async function down(options: {
  name: string;
  root: string;
  keepData?: boolean;
  all?: boolean;
}): Promise<void> {
  const root = resolve(options.root);
  for (const name of options.all ? stackNames(root) : [options.name]) {
    const { found, ended } = await downStack(root, name, { keepData: options.keepData === true });
    const data = options.keepData ? 'its data is kept' : 'its data is removed';
    process.stdout.write(
      found ? `stack "${name}": ${ended} servers ended, ${data}\n` : `there is no stack "${name}"\n`,
    );
  }
}
