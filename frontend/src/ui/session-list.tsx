import type { SessionView } from "@streamforge/shared";
import { browserOf } from "../lib/user-agent.js";
import { Badge } from "./badge.js";
import { Button } from "./button.js";
import { Ago } from "./time.js";

/** Where somebody is signed in. @param onEnd without it nothing can be ended one by one */
export function SessionList({ sessions, onEnd }: { sessions: readonly SessionView[]; onEnd?: (session: SessionView) => void }) {
  return (
    <ul className="divide-y divide-line">
      {sessions.map((session) => (
        <li key={session.id} data-testid="session" className="flex items-center gap-3 py-2.5 text-[13px]">
          <div className="min-w-0 flex-1">
            <p className="flex flex-wrap items-center gap-2 font-medium">
              <span title={session.userAgent}>{browserOf(session.userAgent)}</span>
              {session.current && <Badge tone="good">This session</Badge>}
            </p>
            <p className="text-xs text-ink-3">
              {session.address} · last seen <Ago at={session.lastSeenAt} /> · signed in <Ago at={session.createdAt} /> · ends{" "}
              <Ago at={session.idleEndsAt} /> unless used, <Ago at={session.expiresAt} /> in any case
            </p>
          </div>
          {onEnd && !session.current && (
            <Button size="sm" aria-label={`End the session of ${browserOf(session.userAgent)}`} onClick={() => onEnd(session)}>
              End
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
