import type { DeadLetterDetail } from "@streamforge/shared";
import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, ok } from "../../api/client.js";
import { endless } from "../../lib/endless.js";
import type { LettersSearch, StatusFilter } from "./search.js";
import { statusOf } from "./search.js";
import { conditionsOf, MOST_CAUSES, type RetryOrder, selectorOf, type Target } from "./selection.js";

const PAGE = 100;
/** Causes are few and move slowly; single letters are not asked for again under somebody's eyes. */
const AGAIN_MS = 5000;

/** Letters of one state by cause; of all tenants when none is named. */
export const causesQuery = (tenantId: string | undefined, status: StatusFilter = "open") =>
  queryOptions({
    queryKey: ["dlq", "causes", tenantId, status],
    queryFn: ({ signal }) => ok(api.GET("/v1/admin/dlq/reasons", { params: { query: { tenantId, status, limit: MOST_CAUSES } }, signal })),
    refetchInterval: AGAIN_MS,
    placeholderData: keepPreviousData,
  });

/** Single letters, those that died last first. */
export const lettersQuery = (tenantId: string | undefined, search: LettersSearch) =>
  infiniteQueryOptions({
    ...endless,
    queryKey: ["dlq", "letters", tenantId, search],
    queryFn: ({ pageParam, signal }) => {
      const query = { tenantId, status: statusOf(search), ...conditionsOf(search, Date.now()), limit: PAGE, cursor: pageParam };
      return ok(api.GET("/v1/admin/dlq", { params: { query }, signal }));
    },
    retry: false,
  });

/** A letter in a replay is asked for until it is decided. */
const IN_REPLAY_MS = 1000;

/** One letter, with the text as it was sent. */
export const letterQuery = (id: string) =>
  queryOptions({
    queryKey: ["dlq", "letter", id],
    queryFn: ({ signal }): Promise<DeadLetterDetail> => ok(api.GET("/v1/admin/dlq/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.status === "replaying" ? IN_REPLAY_MS : false),
  });

/** How many letters a dry run looks at: at the usual 500 a second the answer is there in 2 s. */
export const DRY_RUN_LIMIT = 1000;

/** Says what a retry would do, on the first letters. @returns the dry run's id */
export const useDryRun = () =>
  useMutation({
    mutationFn: ({ target, patch }: RetryOrder) =>
      ok(
        api.POST("/v1/admin/replay", {
          body: { ...selectorOf(target), status: "DLQ", mode: "dry-run", patch, limit: DRY_RUN_LIMIT },
        }),
      ),
  });

/** Tries letters again. @returns the replay's id, and how many matched */
export function useRetry() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ target, patch }: RetryOrder) => ok(api.POST("/v1/admin/dlq/retry", { body: { ...selectorOf(target), patch } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["dlq"] }),
  });
}

/** Discards letters, in as many requests as it takes. @returns how many were */
export function useDiscard() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ target, reason }: { target: Target; reason: string }) => {
      let discarded = 0;
      for (;;) {
        const answer = await ok(api.POST("/v1/admin/dlq/discard", { body: { ...selectorOf(target), reason } }));
        discarded += answer.discarded;
        if (!answer.more) return discarded;
      }
    },
    // After a failure, too: a part may be done.
    onSettled: () => client.invalidateQueries({ queryKey: ["dlq"] }),
  });
}

/** The event that is stored under a letter's identity; null when there is none. */
export const storedEventQuery = (tenantId: string, eventId: string) =>
  queryOptions({
    queryKey: ["event", tenantId, eventId],
    queryFn: ({ signal }) => ok(api.GET("/v1/events/{eventId}", { params: { path: { eventId }, query: { tenantId } }, signal })),
    retry: false,
  });
