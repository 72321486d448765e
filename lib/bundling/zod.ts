/** Stands in for `zod` in every bundle (SuretyFunction's `--alias`). */
export * from './zod-names.ts';
export * as z from './zod-names.ts';
