import { type FormEvent, useEffect, useState } from "react";
import { ApiError } from "../../api/client.js";
import { useSignIn } from "../../app/session.js";
import { ThemeToggle } from "../../app/theme-toggle.js";
import { Button } from "../../ui/button.js";
import { TextField } from "../../ui/field.js";
import { Logo } from "../../ui/icons.js";
import { type SignInProblem, signInProblem } from "./sign-in-words.js";

/** The door. Says where the first password is, because nobody remembers a line that a terminal printed once. */
export function SignInPage() {
  const signIn = useSignIn();
  const problem = signIn.error ? toProblem(signIn.error) : null;
  const waitSeconds = useCountdown(problem?.waitSeconds, signIn.submittedAt);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (signIn.isPending || waitSeconds > 0) return;
    const form = new FormData(event.currentTarget);
    signIn.mutate({ email: String(form.get("email")).trim(), password: String(form.get("password")) });
  };
  return (
    <main className="relative grid min-h-dvh place-items-center p-4">
      <div className="absolute top-3 right-3">
        <ThemeToggle />
      </div>
      <div className="w-full max-w-[400px]">
        <div className="mb-6 flex items-center justify-center gap-3">
          <Logo className="size-9" />
          <h1 className="text-xl font-semibold tracking-tight">Sign in to StreamForge</h1>
        </div>
        <form onSubmit={submit} className="flex flex-col gap-4 rounded-xl border border-line bg-surface p-6 shadow-sm">
          <TextField label="E-mail" name="email" type="email" autoComplete="username" autoFocus />
          <TextField label="Password" name="password" type="password" autoComplete="current-password" />
          <div role="alert">{problem && !signIn.isPending && <ProblemBox problem={problem} waitSeconds={waitSeconds} />}</div>
          <Button type="submit" variant="primary" className="h-10" disabled={signIn.isPending || waitSeconds > 0}>
            {signIn.isPending ? "Signing in …" : "Sign in"}
          </Button>
        </form>
        <div className="mt-4 px-6 text-[13px] text-ink-2">
          <p className="font-medium text-ink">First start?</p>
          <p className="mt-1">
            The first admin's e-mail and password were printed once, in the terminal where{" "}
            <code className="rounded bg-raised px-1 py-0.5 font-mono text-xs">npm start</code> ran. To choose them yourself, set{" "}
            <code className="font-mono text-xs">ADMIN_EMAIL</code> and <code className="font-mono text-xs">ADMIN_PASSWORD</code> before the
            first start.
          </p>
        </div>
      </div>
    </main>
  );
}

function ProblemBox({ problem, waitSeconds }: { problem: SignInProblem; waitSeconds: number }) {
  return (
    <div className="rounded-md bg-bad-soft px-3 py-2.5 text-[13px]">
      <p className="font-semibold text-bad">{problem.title}</p>
      <p className="mt-0.5 text-ink">
        {problem.detail}
        {/* Out of the announcement: a screen reader would read every second aloud. */}
        {problem.waitSeconds !== undefined && (
          <span aria-hidden="true"> {waitSeconds > 0 ? `Try again in ${waitSeconds} s.` : "You can try again now."}</span>
        )}
        {problem.waitSeconds !== undefined && <span className="sr-only"> Try again in {problem.waitSeconds} seconds.</span>}
      </p>
    </div>
  );
}

function toProblem(error: Error): SignInProblem {
  return error instanceof ApiError ? signInProblem(error.failure) : { title: "Something went wrong in this page", detail: error.message };
}

/** Seconds left of `seconds`, counted from each attempt; 0 when there is nothing to wait for. */
function useCountdown(seconds: number | undefined, attemptAtMs: number): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (seconds === undefined) return setLeft(0);
    const until = Math.max(attemptAtMs, Date.now()) + seconds * 1000;
    const show = () => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    show();
    const timer = setInterval(show, 250);
    return () => clearInterval(timer);
  }, [seconds, attemptAtMs]);
  return left;
}
