import type { Group } from '../../http/operation.ts';
import { readHealth } from './read-health.ts';

export const health = {
  name: 'health',
  impact: 'Health checks fail although merchants may be served well.',
  operations: [readHealth],
} satisfies Group;
