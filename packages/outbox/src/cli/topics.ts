import { runCommand } from '@ordershard/process';
import type { Command } from 'commander';
import { relaySettings } from '../relay/settings.ts';
import { applyTopics, planTopicsOf } from '../topics/apply-topics.ts';
import { declaredTopics } from '../topics/declared.ts';
import type { TopicStep } from '../topics/plan-topics.ts';

/** What the exit code says when a topic cannot be made as it should be. */
const REFUSED = 3;

/** Adds the commands that set topics up. */
export function addTopicsCommands(program: Command): void {
  const topics = program
    .command('topics')
    .description('the topics of the product: partitions, replicas, retention')
    .addHelpText(
      'after',
      `
Settings: those of the relay; ORDERSHARD_TOPIC_PARTITIONS and ORDERSHARD_TOPIC_REPLICATION say how they should be.
Exit codes: 0 done, or nothing to do; 1 Kafka failed; 2 wrong settings; 3 refused, nothing changed.`,
    );
  const command = (name: string, description: string, run: typeof planTopicsOf) =>
    topics
      .command(name)
      .description(description)
      .option('--json', 'for programs', false)
      .action(({ json }: { json: boolean }) =>
        runCommand('outbox', async () => {
          const settings = relaySettings(process.env);
          const access = { brokers: settings.brokers, clientId: 'ordershard-topics' };
          const steps = await run(access, declaredTopics(settings));
          process.stdout.write(json ? `${JSON.stringify(steps)}\n` : steps.map(described).join(''));
          if (steps.some(({ action }) => action === 'refuse')) process.exitCode = REFUSED;
        }),
      );
  command('plan', 'shows what apply would do', planTopicsOf);
  command('apply', 'makes them as they should be; can be repeated', applyTopics);
}

function described({ topic, action, partitions, configs, notes }: TopicStep): string {
  const changes = [
    ...(partitions === undefined ? [] : [`partitions ${partitions.from ?? '-'} → ${partitions.to}`]),
    ...Object.entries(configs).map(([name, { from, to }]) => `${name} ${from ?? '-'} → ${to}`),
    ...notes,
  ];
  return `${action.padEnd(6)}  ${topic}${changes.length === 0 ? '' : `: ${changes.join(', ')}`}\n`;
}
