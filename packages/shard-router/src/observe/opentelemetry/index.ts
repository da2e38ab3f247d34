import { context, type Span, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { codeOf, type RouterObserver } from '../observer.ts';

const NAME = '@ordershard/shard-router';

/**
 * An observer that makes a span of each statement and transaction, as children of the caller's span. Attributes follow
 * OpenTelemetry's conventions for databases; texts of SQL and keys are left out.
 *
 * @param tracer default: the global provider's
 */
export function openTelemetryObserver(tracer: Tracer = trace.getTracer(NAME)): RouterObserver {
  const event = (name: string, attributes: Record<string, string | number>) => {
    trace.getActiveSpan()?.addEvent(name, attributes);
  };
  return {
    statement: ({ shard, role, kind }) => {
      const span = tracer.startSpan(`mysql ${kind}`, {
        kind: SpanKind.CLIENT,
        attributes: {
          'db.system.name': 'mysql',
          'db.operation.name': kind,
          'ordershard.shard': shard,
          'ordershard.role': role,
        },
      });
      return { end: ({ error }) => finish(span, error) };
    },
    transaction: ({ shard }) => {
      const span = tracer.startSpan('shard transaction', {
        kind: SpanKind.INTERNAL,
        attributes: { 'ordershard.shard': shard },
      });
      const inside = trace.setSpan(context.active(), span);
      return {
        within: (fn) => context.with(inside, fn),
        end: ({ shard: last, outcome, attempts, error }) => {
          span.setAttributes({
            'ordershard.shard': last,
            'ordershard.outcome': outcome,
            'ordershard.attempts': attempts,
          });
          finish(span, error);
        },
      };
    },
    fenceRejected: (shard, reason) => event('fence rejected', { 'ordershard.shard': shard, reason }),
    failedOver: (shard) => event('failed over', { 'ordershard.shard': shard }),
  };
}

function finish(span: Span, error: unknown): void {
  if (error !== undefined) {
    const code = codeOf(error);
    span.setAttribute('error.type', code);
    span.setStatus({ code: SpanStatusCode.ERROR, message: code });
  }
  span.end();
}
