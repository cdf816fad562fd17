/** Several things at a time, but not all. */

/** Does `work` for every item, at most `limit` at a time, in order of their start; stops at the first failure. */
export async function forEachAtOnce<T>(
  limit: number,
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const walk = async () => {
    while (next < items.length) {
      const index = next++;
      await work(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: limit }, walk));
}
