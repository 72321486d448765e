import { ulid } from 'ulid';
import * as z from 'zod';

/** A ULID (Crockford base32). Independent of how the merchant signs in. */
const ID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

export const newMerchantId = (now: Date): string => ulid(now.getTime());

/** A merchant's id as a caller writes it, in any case. Ids are stored in upper case. */
export const merchantId = z.string().min(1).max(64).toUpperCase();

/** No merchant may have such a name: what is sent to an id must reach the merchant of that id. */
export const looksLikeMerchantId = (text: string): boolean => ID.test(text.toUpperCase());
