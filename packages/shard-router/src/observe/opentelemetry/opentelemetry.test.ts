import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { context, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { FenceError } from '../../errors.ts';
import { openTelemetryObserver } from './index.ts';

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
const tracer = provider.getTracer('test');
const observer = openTelemetryObserver(tracer);

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});

beforeEach(() => exporter.reset());

afterAll(async () => {
  context.disable();
  await provider.shutdown();
});

/** The spans that have ended, each with its parent's name. */
function spans() {
  const ended = exporter.getFinishedSpans();
  const names = new Map(ended.map((span) => [span.spanContext().spanId, span.name]));
  return ended.map(({ name, attributes, status, parentSpanContext, events }) => ({
    name,
    attributes,
    status: status.code,
    parent: names.get(parentSpanContext?.spanId ?? '') ?? 'none',
    events: events.map((event) => event.name),
  }));
}

test('a statement is a child of its transaction, that of the caller`s span', async () => {
  await tracer.startActiveSpan('caller', async (caller) => {
    const transaction = observer.transaction!({ shard: 1 });
    await transaction.within!(async () => {
      const statement = observer.statement!({ shard: 1, role: 'writer', kind: 'write' });
      await new Promise((resolve) => setImmediate(resolve));
      statement.end({ error: undefined });
    });
    transaction.end({ shard: 1, outcome: 'committed', attempts: 2, error: undefined });
    observer.fenceRejected!(1, 'shut');
    caller.end();
  });
  expect(spans()).toEqual([
    {
      name: 'mysql write',
      attributes: {
        'db.system.name': 'mysql',
        'db.operation.name': 'write',
        'ordershard.shard': 1,
        'ordershard.role': 'writer',
      },
      status: SpanStatusCode.UNSET,
      parent: 'shard transaction',
      events: [],
    },
    {
      name: 'shard transaction',
      attributes: { 'ordershard.shard': 1, 'ordershard.outcome': 'committed', 'ordershard.attempts': 2 },
      status: SpanStatusCode.UNSET,
      parent: 'caller',
      events: [],
    },
    expect.objectContaining({ name: 'caller', events: ['fence rejected'] }),
  ]);
});

test('a failure shows its code, and nothing of its text', () => {
  observer.statement!({ shard: 0, role: 'writer', kind: 'read' }).end({
    error: new FenceError('bucket 7 of member 42'),
  });
  const [span] = spans();
  expect(span).toMatchObject({ status: SpanStatusCode.ERROR, attributes: { 'error.type': 'ROUTER_FENCE' } });
  expect(JSON.stringify(span)).not.toContain('42');
});

test('with no provider it does nothing', () => {
  trace.disable();
  const silent = openTelemetryObserver();
  silent.transaction!({ shard: 0 }).end({ shard: 1, outcome: 'committed', attempts: 1, error: undefined });
  expect(spans()).toEqual([]);
});
