export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** Items a page: few requests, and small answers. */
export const PAGE = 500;

/** Everything that is listed in pages. */
export async function everyPage<T>(page: (cursor?: string) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  for (let cursor: string | undefined; ; ) {
    const { items, nextCursor } = await page(cursor);
    all.push(...items);
    if (nextCursor === null) return all;
    cursor = nextCursor;
  }
}

/** As a further parameter of a query. */
export function cursorOf(cursor: string | undefined): string {
  return cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
}
