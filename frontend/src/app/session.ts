import type { Session } from "@streamforge/shared";
import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getSession, signIn, signOut } from "../api/session.js";

export const SESSION_KEY = ["session"] as const;

/**
 * Notes who is signed in. When that is somebody else, or nobody any more, all that was read before is forgotten, permissions
 * included, and with it what is still on its way: the next person in this tab must not see the last one's pages.
 */
function note(client: QueryClient, session: Session | null): Session | null {
  const before = client.getQueryData<Session | null>(SESSION_KEY);
  // Not `clear()`: it would take the session away from the page that watches it, which would then never hear of this.
  if (before?.user.id !== session?.user.id) client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
  return session;
}

/** Who is signed in: asked at the start, when the window comes back, and when the live stream breaks (it may have expired). */
export function useSession() {
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: async ({ client, signal }) => {
      const session = await getSession();
      signal.throwIfAborted();
      return note(client, session);
    },
    staleTime: 60_000,
    retry: false,
    refetchInterval: (query) => (query.state.status === "error" ? 2000 : false),
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: signIn,
    onSuccess: async (session) => {
      // A question that was asked before, and is answered "nobody" only now, would bring the sign-in page back.
      await client.cancelQueries({ queryKey: SESSION_KEY });
      client.setQueryData(SESSION_KEY, note(client, session));
    },
  });
}

/** Signs out here in any case: a server that does not answer must not keep someone's screen open. */
export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: signOut,
    onSettled: async () => {
      await client.cancelQueries();
      client.setQueryData(SESSION_KEY, note(client, null));
    },
  });
}

/** Asks again who is signed in; the sign-in page appears when the session is over. */
export function useSessionCheck(): () => void {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: SESSION_KEY });
}
