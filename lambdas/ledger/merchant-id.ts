import * as z from 'zod';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A merchant's id as a caller writes it, in any case. Ids are stored in lower case. */
export const merchantId = z.string().min(1).max(64).toLowerCase();

/** No merchant may have such a name: what is sent to an id must reach the merchant of that id. */
export const looksLikeMerchantId = (text: string): boolean => ID.test(text.toLowerCase());
