import { parsePhoneNumberFromString } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/mobile/metadata';
import * as z from 'zod';

/** E.164: at most 15 digits, and only those of ASCII. libphonenumber also reads other digits, spaces and dashes. */
const E164 = /^\+[1-9][0-9]{6,14}$/;

/** One number has one spelling: libphonenumber also reads a trunk prefix behind the country code. */
function isMobile(text: string): boolean {
  if (!E164.test(text)) return false;
  const parsed = parsePhoneNumberFromString(text, metadata);
  return parsed?.number === text && parsed.isValid();
}

/** Only mobile numbers can be charged. */
export const phoneNumber = z.string().refine(isMobile, 'phone_number_invalid');
