import { expect, test } from '@jest/globals';
import { VerifyMetrics } from './metrics.ts';
import { newPass } from './progress.ts';

test('it tells the counts of the last whole pass, by kind, and when it ended', async () => {
  const metrics = new VerifyMetrics();
  expect(await metrics.text()).not.toContain('kind="missing"');
  const pass = newPass('verify order_views', new Date(1_800_000_000_000));
  metrics.ended({ ...pass, counts: { ...pass.counts, checked: 7, missing: 2 }, finished: true });
  const text = await metrics.text();
  expect(text).toContain('ordershard_read_model_verify_views{kind="missing"} 2');
  expect(text).toContain('ordershard_read_model_verify_views{kind="changed"} 0');
  expect(text).toContain('ordershard_read_model_verify_checked 7');
  expect(text).toContain('ordershard_read_model_verify_ended_timestamp_seconds 1800000000');
});
