/** An item's size in bytes as DynamoDB counts it: names and values in UTF-8, numbers by their digits, and an overhead for nesting. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'bigint') return Math.ceil(value.toString().length / 2) + 1;
  if (typeof value === 'boolean' || value === null) return 1;
  if (Array.isArray(value))
    return 3 + value.reduce((sum: number, each) => sum + 1 + sizeOf(each), 0);
  const entries = Object.entries(value as Record<string, unknown>);
  return (
    3 + entries.reduce((sum, [name, each]) => sum + 1 + Buffer.byteLength(name) + sizeOf(each), 0)
  );
}
