import { useEffect } from "react";
import { ApiError } from "../api/client.js";
import { SignInPage } from "../features/sign-in/sign-in-page.js";
import { Logo } from "../ui/icons.js";
import { pages } from "./pages.js";
import { useSession } from "./session.js";
import { Shell } from "./shell.js";

/** Decides what is on the screen: waiting, unreachable, sign in, or a page. */
export function App() {
  const session = useSession();
  const page = pages.find(({ path }) => path === location.pathname) ?? pages[0];
  const title = session.data && page ? `${page.title} · StreamForge` : "StreamForge";
  useEffect(() => {
    document.title = title;
  }, [title]);

  // A session that was seen stays on the screen while the server is away: the page says "stale", which tells more than an empty one.
  if (session.data && page) {
    return (
      <Shell session={session.data} page={page}>
        <page.Content />
      </Shell>
    );
  }
  if (session.data === null) return <SignInPage />;
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
