import { z } from 'zod';
import type { Operation } from '../operation.ts';
import { health } from '../schemas/answers.ts';

export const livez = {
  id: 'livez',
  tag: 'operations',
  method: 'GET',
  path: '/livez',
  summary: 'Whether the process lives',
  answers: { 200: { description: 'It does.', schema: health } },
} as const satisfies Operation;

export const readyz = {
  id: 'readyz',
  tag: 'operations',
  method: 'GET',
  path: '/readyz',
  summary: 'Whether the process should be sent requests, and what is degraded',
  answers: {
    200: { description: 'It should.', schema: health },
    503: { description: 'It should not: no shard answers, or it is about to stop.', schema: health },
  },
} as const satisfies Operation;

export const metrics = {
  id: 'metrics',
  tag: 'operations',
  method: 'GET',
  path: '/metrics',
  summary: 'Metrics for Prometheus',
  answers: { 200: { description: 'Metrics.', mediaType: 'text/plain' } },
  compressed: true,
} as const satisfies Operation;

export const openApi = {
  id: 'openApi',
  tag: 'operations',
  method: 'GET',
  path: '/openapi.json',
  summary: 'This document',
  answers: { 200: { description: 'The OpenAPI document.', schema: z.looseObject({}) } },
  compressed: true,
} as const satisfies Operation;

export const serviceOperations: readonly Operation[] = [livez, readyz, metrics, openApi];
