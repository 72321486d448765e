import type { Group } from '../../http/operation.ts';
import { convert } from './convert.ts';
import { createQuote } from './create-quote.ts';

export const conversions = {
  name: 'conversions',
  impact: 'Merchants cannot convert money between their wallets.',
  operations: [createQuote, convert],
} satisfies Group;
