import { Command, Option } from 'commander';
import { mintToken, type TokenClaims } from './access/token.ts';
import { down } from './cli/down.ts';
import { status } from './cli/status.ts';
import { up, type UpOptions } from './cli/up.ts';
import { reasonOf, StackError } from './errors.ts';
import { attachStack } from './stack/stack.ts';
import { CHECKOUT_ROOT } from './stack/state.ts';

const program = new Command('npm run stack --')
  .description('Starts the real parts that Ordershard runs on')
  .showHelpAfterError();

function command(name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--name <name>', 'which stack of this checkout', 'default')
    .addOption(
      new Option('--root <folder>', 'another folder to keep .stack/ in').default(CHECKOUT_ROOT).hideHelp(),
    );
}

command('up', 'start the parts and leave them running; prints where each is')
  .option('--shards <n>', 'number of MySQL shards (2)', Number)
  .addOption(new Option('--mysql <flavour>', 'MySQL flavour (9)').choices(['9', '8.0', 'mariadb']))
  .option('--replicas', 'one read-only replica for each shard')
  .option('--mongodb <n>', "members of MongoDB's replica set (1)", Number)
  .option('--redis', 'Redis too')
  .option('--connect', 'Kafka Connect with the Debezium MySQL connector too')
  .action(async (options: UpOptions) => up(options));

command('status', 'what runs, where, and whether it is well')
  .option('--json', 'for programs')
  .action(async (options: { name: string; root: string; json?: boolean }) => status(options));

command('down', 'end the parts and remove their data')
  .option('--keep-data', 'keep the data for the next up')
  .option('--all', 'every stack of this checkout, whoever started it (see: ls .stack)')
  .action(async (options: { name: string; root: string; keepData?: boolean; all?: boolean }) =>
    down(options),
  );

command('token', "print a token signed with the stack's key")
  .addOption(
    new Option('--role <role>').choices(['member', 'shop', 'operator', 'service']).makeOptionMandatory(),
  )
  .requiredOption('--subject <id>', 'member id, shop id, or name of the caller')
  .option('--ttl <seconds>', 'lifetime', Number, 3_600)
  .action(
    async (options: {
      name: string;
      root: string;
      role: TokenClaims['role'];
      subject: string;
      ttl: number;
    }) => {
      const { env } = attachStack(options.name, options.root);
      const token = await mintToken(
        { role: options.role, subject: options.subject, ttlSeconds: options.ttl },
        env,
      );
      process.stdout.write(`${token}\n`);
    },
  );

try {
  await program.parseAsync();
} catch (error) {
  // Errors of the stack are written for people; any other error is a bug of ours, and shows its stack trace.
  const text =
    error instanceof StackError ? reasonOf(error) : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`\n${text}\n`);
  process.exitCode = 1;
}
