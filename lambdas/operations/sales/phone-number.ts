import { parsePhoneNumberFromString } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/mobile/metadata';
import * as z from 'zod';

/**
 * One number has one spelling, E.164: libphonenumber also reads other digits than those of ASCII, spaces, and a
 * trunk prefix behind the country code.
 */
function isMobile(text: string): boolean {
  const parsed = parsePhoneNumberFromString(text, metadata);
  return parsed?.number === text && parsed.isValid();
}

/** Only mobile numbers can be charged. */
export const phoneNumber = z.string().refine(isMobile, 'phone_number_invalid');
