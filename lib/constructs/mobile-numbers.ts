import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import metadata from 'libphonenumber-js/mobile/metadata';

/** Where a country's entry has the patterns that numbers are formatted by. */
const FORMATS = 4;

/**
 * libphonenumber's data on mobile numbers without the patterns that only format numbers: half of its 97 KB. Surety
 * validates numbers and formats none.
 */
export const validationOnly = () => ({
  ...metadata,
  countries: withoutFormats(metadata.countries),
  nonGeographic: withoutFormats(metadata.nonGeographic),
});

const withoutFormats = (entries: Readonly<Record<string, readonly unknown[]>> = {}) =>
  Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => [
      name,
      entry.map((part, index) => (index === FORMATS ? 0 : part)),
    ]),
  );

/** The file that takes the place of the full data in bundles. */
export function mobileNumbersFile(root: string): string {
  // Its path is in the source maps, and so in the hash of a bundle: it may not differ between machines.
  const folder = join(root, 'node_modules', '.cache', 'surety');
  const file = join(folder, 'mobile-numbers.json');
  mkdirSync(folder, { recursive: true });
  // Renamed: another process may be bundling with it.
  const written = `${file}.${process.pid}`;
  writeFileSync(written, JSON.stringify(validationOnly()));
  renameSync(written, file);
  return file;
}
