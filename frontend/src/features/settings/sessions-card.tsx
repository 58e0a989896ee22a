import type { SessionView } from "@streamforge/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ok } from "../../api/client.js";
import { useRefreshMs } from "../../app/settings.js";
import { failureText } from "../../lib/failure.js";
import { plural } from "../../lib/format.js";
import { toast } from "../../lib/toasts.js";
import { Button } from "../../ui/button.js";
import { Card } from "../../ui/card.js";
import { Confirm } from "../../ui/confirm.js";
import { SessionList } from "../../ui/session-list.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Failed } from "../../ui/states.js";

export const ownSessionsKey = ["own-sessions"] as const;

/** Where the reader is signed in, and the way to end what is not theirs any more. */
export function SessionsCard() {
  const client = useQueryClient();
  const sessions = useQuery({
    queryKey: ownSessionsKey,
    queryFn: async () => (await ok(api.GET("/v1/me/sessions"))).items,
    refetchInterval: useRefreshMs(),
  });
  const [asking, setAsking] = useState(false);
  const again = () => client.invalidateQueries({ queryKey: ownSessionsKey });
  const end = useMutation({
    mutationFn: ({ id }: SessionView) => ok(api.DELETE("/v1/me/sessions/{id}", { params: { path: { id } } })),
    onSuccess: () => toast("The session has ended.", "good"),
    onError: (error) => toast(failureText(error), "bad"),
    onSettled: again,
  });
  const endOthers = async () => {
    const { ended } = await ok(api.DELETE("/v1/me/sessions"));
    toast(`${plural(ended, "session")} ended.`, "good");
    await again();
  };
  const others = sessions.data?.filter(({ current }) => !current).length ?? 0;
  return (
    <Card
      title="Where you are signed in"
      aside={
        others > 1 && (
          <Button size="sm" onClick={() => setAsking(true)}>
            End all others …
          </Button>
        )
      }
    >
      {sessions.data ? (
        <SessionList sessions={sessions.data} onEnd={end.mutate} />
      ) : sessions.error ? (
        <Failed error={sessions.error} onRetry={() => void sessions.refetch()} />
      ) : (
        <Skeleton className="h-24 w-full" />
      )}
      <p className="mt-2 text-xs text-ink-3">A place you do not know? End it, and change your password.</p>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={`End ${plural(others, "other session")}?`}
        action="End all others"
        onConfirm={endOthers}
      >
        <p>Anyone who works in one of them is asked for the password at their next click. This session continues.</p>
      </Confirm>
    </Card>
  );
}
