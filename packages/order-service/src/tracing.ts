import type { RouterObserver } from '@ordershard/shard-router';

/**
 * The observer that makes spans of what the router does, where the application has installed `@opentelemetry/api`; none
 * otherwise. Without an SDK that is registered before (`node --import`), the spans go nowhere, at next to no cost.
 */
export async function tracing(): Promise<readonly RouterObserver[]> {
  if (process.env['OTEL_SDK_DISABLED'] === 'true') return [];
  try {
    const { openTelemetryObserver } = await import('@ordershard/shard-router/opentelemetry');
    return [openTelemetryObserver()];
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return [];
    throw error;
  }
}
