import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getSession, signIn, signOut } from "../api/session.js";

export const SESSION_KEY = ["session"] as const;

/** Who is signed in: asked at the start, when the window comes back, and when the live stream breaks (it may have expired). */
export function useSession() {
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: getSession,
    staleTime: 60_000,
    retry: false,
    refetchInterval: (query) => (query.state.status === "error" ? 2000 : false),
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({ mutationFn: signIn, onSuccess: (session) => client.setQueryData(SESSION_KEY, session) });
}

/** Signs out here in any case: a server that does not answer must not keep someone's screen open. */
export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: signOut,
    onSettled: async () => {
      await client.cancelQueries();
      // Not `clear()`: it would take the query away from the page that watches it, which would then never hear of this.
      client.setQueryData(SESSION_KEY, null);
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION_KEY[0] });
    },
  });
}

/** Asks again who is signed in; the sign-in page appears when the session is over. */
export function useSessionCheck(): () => void {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: SESSION_KEY });
}
