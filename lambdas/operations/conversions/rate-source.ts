import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Where exchange rates come from: one JSON document for each call. */
export type RateSource = () => Promise<unknown>;

/** The file is read for each call, so that a change is seen. */
const fileSource =
  (url: string): RateSource =>
  async () =>
    JSON.parse(await readFile(fileURLToPath(url), 'utf8'));

/** Over HTTP, with a time limit for the whole response. */
const httpSource =
  (url: string, callMs: number): RateSource =>
  async () => {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(callMs),
      headers: { accept: 'application/json' },
    });
    if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
    return response.json();
  };

export const sourceAt = (url: string, callMs: number): RateSource =>
  url.startsWith('file:') ? fileSource(url) : httpSource(url, callMs);
