import { oneOf } from '../history/read-one.ts';

/** One of the caller's own sales. */
export const readSale = oneOf({
  name: 'read-sale',
  route: 'GET /sales/{id}',
  type: 'sale',
  notFound: 'sale_not_found',
  message: { en: 'The sale.', fa: 'فروش.' },
});
