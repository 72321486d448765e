import type { Group } from '../../http/operation.ts';
import { createSale } from './create-sale.ts';
import { listSales } from './list-sales.ts';
import { readSale } from './read-sale.ts';

export const sales = {
  name: 'sales',
  impact: 'Merchants cannot sell or see their sales. Sales that were accepted still settle.',
  operations: [createSale, listSales, readSale],
} satisfies Group;
