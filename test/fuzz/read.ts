import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { request } from '../../local/api.ts';
import { CliError } from '../../local/cli-error.ts';

const MOST_TRIES = 20;
const envelope = z.object({ data: z.unknown() });

/** The `data` of a read. Repeats it while the API is busy, as a client does. */
export async function read<Schema extends z.ZodType>(
  url: string,
  schema: Schema,
  token: string,
): Promise<z.output<Schema>> {
  for (let tries = 1; ; tries += 1) {
    const { status, headers, body } = await request(url, { token });
    const data = schema.safeParse(envelope.safeParse(body).data?.data);
    if (status === 200 && data.success) return data.data;
    const seconds = headers.get('retry-after');
    if (seconds === null || tries === MOST_TRIES)
      throw new CliError(`${url} responded ${status}: ${JSON.stringify(body)}`);
    await pause(1_000 * Number(seconds));
  }
}

/** All items of a list, page by page. */
export async function readAll<Schema extends z.ZodType>(
  url: string,
  item: Schema,
  token: string,
): Promise<readonly z.output<Schema>[]> {
  const page = z.object({ items: z.array(item), next_cursor: z.string().nullable() });
  const items: z.output<Schema>[] = [];
  const separator = url.includes('?') ? '&' : '?';
  let next = `${url}${separator}limit=100`;
  for (;;) {
    const found = await read(next, page, token);
    items.push(...found.items);
    if (found.next_cursor === null) return items;
    next = `${url}${separator}limit=100&cursor=${encodeURIComponent(found.next_cursor)}`;
  }
}

/** Whole minor units. All amounts of a currency that the API returns have the same decimals. */
export const units = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .transform((text) => BigInt(text.replace('.', '')));

/** Adds to a total by name. */
export const addTo = (totals: Map<string, bigint>, name: string, amount: bigint): void => {
  totals.set(name, (totals.get(name) ?? 0n) + amount);
};

/** One line for each name whose totals differ. A missing total is zero. */
export const differences = (
  what: string,
  shown: ReadonlyMap<string, bigint>,
  expected: ReadonlyMap<string, bigint>,
): readonly string[] =>
  [...new Set([...shown.keys(), ...expected.keys()])].toSorted().flatMap((name) => {
    const [is, should] = [shown.get(name) ?? 0n, expected.get(name) ?? 0n];
    return is === should ? [] : [`${what} ${name}: ${is} minor units instead of ${should}`];
  });
