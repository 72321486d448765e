/** The halves that conditions are spelled from. */
export const isNew = 'attribute_not_exists(pk)';
/** The decision was made on exactly this version of the row. */
export const unchangedSinceRead = 'seq = :seqRead';
