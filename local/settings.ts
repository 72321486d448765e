import { dirname, join } from 'node:path';
import { z } from 'zod';

export const ROOT = dirname(import.meta.dirname);
export const BIN = join(ROOT, 'node_modules', '.bin');

const port = z.coerce.number().int().min(1).max(65_535);

const settings = z.object({
  SURETY_CLOUD_PORT: port.default(4566),
  SURETY_BANK_PORT: port.default(8010),
  /** The address the simulator of bank and operator listens on. Only a cloud in containers needs another one. */
  SURETY_BANK_HOST: z.string().default('127.0.0.1'),
  /** The URL of the simulator for functions; the operator is below it, at /operator. Only a cloud in containers needs another one. */
  SURETY_BANK_URL: z.url().optional(),
  /** LocalStack, or any other endpoint, instead of a new MiniStack. */
  LOCAL_CLOUD_URL: z.url().optional(),
});
export type Settings = z.infer<typeof settings>;

export const readSettings = (): Settings => settings.parse(process.env);
