import { RouterProvider } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { ApiError } from "../api/client.js";
import { Logo } from "../ui/icons.js";
import { router } from "./router.js";
import { useSession } from "./session.js";

const SignInPage = lazy(() => import("../features/sign-in/sign-in-page.js").then((file) => ({ default: file.SignInPage })));

/**
 * Decides what is on the screen: waiting, unreachable, sign in, or the pages. Signing in happens in place, at whatever address
 * one is: after an expired session the same page is there again, with its filters.
 */
export function App() {
  const session = useSession();
  const signedIn = Boolean(session.data);
  useEffect(() => {
    if (!signedIn) document.title = "StreamForge";
  }, [signedIn]);
  // A session that was seen stays on the screen while the server is away: the page says "stale", which tells more than an empty one.
  // Another person (signed in from another tab, say) gets pages of their own: what is open, ticked or half typed is the last one's.
  if (session.data) return <RouterProvider key={session.data.user.id} router={router} context={{ session: session.data }} />;
  if (session.data === null) {
    return (
      <Suspense fallback={<Waiting failure={null} />}>
        <SignInPage />
      </Suspense>
    );
  }
  return <Waiting failure={session.error instanceof ApiError ? session.error : null} />;
}

function Waiting({ failure }: { failure: ApiError | null }) {
  return (
    <main className="grid min-h-dvh place-items-center p-6">
      <div role="status" className="flex max-w-sm flex-col items-center gap-3 text-center">
        <Logo className="size-10" />
        {failure ? (
          <>
            <h1 className="text-base font-semibold">StreamForge does not answer</h1>
            <p className="text-ink-2">
              {failure.failure.status === 0
                ? "No answer from the server. Is it running? This page tries again every 2 seconds."
                : `${failure.message} This page tries again every 2 seconds.`}
            </p>
          </>
        ) : (
          <p className="text-ink-3">Loading …</p>
        )}
      </div>
    </main>
  );
}
