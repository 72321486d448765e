import * as z from 'zod';

/** What a caller keeps beside its transaction, for itself (AP-8). No rule reads it, and nothing changes it. */
export const annotationAttributes = {
  reference: z.string().optional(),
  /** Names and values. The SDK cannot store every name as the name of an attribute: not `constructor`. */
  metadata: z.array(z.tuple([z.string(), z.string()])).optional(),
};
export type Annotations = {
  readonly reference?: string | undefined;
  readonly metadata?: [name: string, value: string][] | undefined;
};

/** In UTF-8: the reference, and the names and values of the metadata. */
export const bytesOf = ({ reference = '', metadata = [] }: Annotations): number =>
  Buffer.byteLength([reference, ...metadata.flat()].join(''));

export const annotationsOf = ({ reference, metadata }: Annotations): Annotations => ({
  ...(reference !== undefined && { reference }),
  ...(metadata !== undefined && { metadata }),
});
