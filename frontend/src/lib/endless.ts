import type { InfiniteData, QueryClient, QueryKey, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import type { More } from "../ui/data-table.js";

/** A page of a keyset-paginated list, as the API answers them. */
export interface Paged<Row> {
  items: Row[];
  nextCursor: string | null;
}

/** Everything of a list that is needed whole, such as the choices of a filter. @param read one page, by the cursor of the page before */
export async function allPages<Row>(read: (cursor: string | undefined) => Promise<Paged<Row>>): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor: string | undefined; ; ) {
    const { items, nextCursor } = await read(cursor);
    rows.push(...items);
    if (nextCursor === null) return rows;
    cursor = nextCursor;
  }
}

/**
 * Options that every endless list shares: `useInfiniteQuery({ ...endless, queryKey, queryFn: ({ pageParam }) => … })`, where `pageParam`
 * is the cursor. Not asked again by itself: the list under somebody's eyes must not move.
 */
export const endless = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: Paged<unknown>) => page.nextCursor ?? undefined,
  refetchOnWindowFocus: false,
  staleTime: Number.POSITIVE_INFINITY,
} as const;

/**
 * Asks anew, lists from their first page on: fetching every page that was loaded would take long and move rows under somebody's eyes.
 * What is there stays until the answer comes; asked twice, one answer is waited for.
 */
export function refreshFromTheTop(client: QueryClient, queryKey: QueryKey): void {
  for (const query of client.getQueryCache().findAll({ queryKey })) {
    const data = query.state.data as Partial<InfiniteData<unknown>> | undefined;
    if (!data?.pages || !data.pageParams) continue;
    const first = { pages: data.pages.slice(0, 1), pageParams: data.pageParams.slice(0, 1) };
    query.setData(first, { updatedAt: query.state.dataUpdatedAt, manual: true });
  }
  void client.invalidateQueries({ queryKey }, { cancelRefetch: false });
}

/** The rows of an endless query in one list, and what `DataTable` needs to continue. */
export function useRows<Row>(query: UseInfiniteQueryResult<InfiniteData<Paged<Row>>>): {
  items: Row[] | undefined;
  error: unknown;
  more: More;
  readAtMs: number;
} {
  const { data, error, dataUpdatedAt, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = query;
  const items = useMemo(() => data?.pages.flatMap((page) => page.items), [data]);
  const more = useMemo(
    () => ({ has: hasNextPage, loading: isFetchingNextPage, failed: isFetchNextPageError, load: () => void fetchNextPage() }),
    [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage],
  );
  return { items, error, more, readAtMs: dataUpdatedAt };
}
