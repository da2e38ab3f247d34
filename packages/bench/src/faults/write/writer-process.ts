import { Answering, type RouterModule } from './answering.ts';
import type { AskMessage, WriterMessage } from './messages.ts';

// The process that writes; writer.ts runs it, and kills it. It answers when it has an answer, in no order.

const settings = process.env as Record<string, string>;
const module = (await import(settings['FAULTS_ROUTER']!)) as RouterModule;
const router = await module.openRouter(settings['FAULTS_CLUSTER']!, settings['FAULTS_URLS']!.split(','));
const answering = new Answering(router);

process.on('message', ({ asks }: AskMessage) => {
  for (const { id, request } of asks) void answering.answer(request).then((answer) => tell({ id, answer }));
});
process.once('disconnect', () => process.exit(0));
tell({ ready: true });

function tell(message: WriterMessage): void {
  process.send!(message);
}
