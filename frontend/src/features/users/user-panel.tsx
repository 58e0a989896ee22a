import type { Role, UserView } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "../../app/permissions.js";
import { useSession } from "../../app/session.js";
import { failureText } from "../../lib/failure.js";
import { plural } from "../../lib/format.js";
import { toast } from "../../lib/toasts.js";
import { Badge } from "../../ui/badge.js";
import { Button } from "../../ui/button.js";
import { Confirm } from "../../ui/confirm.js";
import { Facts } from "../../ui/facts.js";
import { Select } from "../../ui/form.js";
import { Section } from "../../ui/section.js";
import { SessionList } from "../../ui/session-list.js";
import { SidePanel } from "../../ui/side-panel.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Failed } from "../../ui/states.js";
import { Ago } from "../../ui/time.js";
import { changeUser, resetPassword, signOutEverywhere, useChangeUsers, userQuery, userSessionsQuery } from "./queries.js";
import { aRole, roleChoices, roleNames, roleWords } from "./words.js";

interface UserPanelProps {
  id: string;
  onClose: () => void;
  /** Gets a password that was generated, to be shown once. */
  onPassword: (made: { email: string; password: string }) => void;
}

/** One person beside the list: what they may, where they are signed in, and what can be done about it. */
export function UserPanel({ id, onClose, onPassword }: UserPanelProps) {
  const { data: user, error, refetch } = useQuery(userQuery(id));
  return (
    <SidePanel
      label={user ? `User ${user.email}` : "User"}
      onClose={onClose}
      title={
        <div className="flex items-center gap-2">
          <h2 className="truncate text-[15px] font-semibold">{user?.email ?? "User"}</h2>
          {user?.disabledAt && <Badge>Disabled</Badge>}
        </div>
      }
    >
      {user ? (
        <Person user={user} onPassword={onPassword} />
      ) : error ? (
        <Failed error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton className="h-72 w-full" />
      )}
    </SidePanel>
  );
}

function Person({ user, onPassword }: { user: UserView } & Pick<UserPanelProps, "onPassword">) {
  const self = useSession().data?.user.email === user.email;
  return (
    <div className="flex flex-col gap-5">
      <Facts
        rows={[
          ...(self ? [{ label: "Role", value: roleNames[user.role] }] : []),
          { label: "Added", value: <Ago at={user.createdAt} /> },
          { label: "Changed", value: <Ago at={user.updatedAt} /> },
          ...(user.disabledAt ? [{ label: "Disabled", value: <Ago at={user.disabledAt} /> }] : []),
        ]}
      />
      {self ? (
        <p className="rounded-md bg-raised px-3 py-2 text-[13px] text-ink-2">
          This is you. Your password is changed in the settings; another administrator changes your role.
        </p>
      ) : (
        <Changes user={user} onPassword={onPassword} />
      )}
      <Sessions user={user} self={self} />
    </div>
  );
}

type Asking = "disable" | "password" | { role: Role } | null;

function Changes({ user, onPassword }: { user: UserView } & Pick<UserPanelProps, "onPassword">) {
  const may = useMay();
  const change = useChangeUsers(changeUser);
  const reset = useChangeUsers(resetPassword);
  const [asking, setAsking] = useState<Asking>(null);
  const close = () => setAsking(null);
  const mayChange = may("PATCH /v1/admin/users/{id}");
  const save = (to: { role?: Role; disabled?: boolean }, done: string) =>
    change.mutateAsync({ id: user.id, ...to }).then(() => toast(done, "good"));
  const tell = (error: unknown) => toast(failureText(error), "bad");
  return (
    <Section title="Change">
      {mayChange && (
        <Select
          label="Role"
          hint={`${roleWords[user.role]} A change ends their sessions.`}
          value={user.role}
          disabled={change.isPending}
          onChange={(event) => setAsking({ role: event.target.value as Role })}
        >
          {roleChoices.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </Select>
      )}
      <div className="mt-3 flex flex-wrap gap-2">
        {may("POST /v1/admin/users/{id}/password") && (
          <Button size="sm" onClick={() => setAsking("password")}>
            Reset password …
          </Button>
        )}
        {mayChange &&
          (user.disabledAt ? (
            <Button size="sm" onClick={() => void save({ disabled: false }, `${user.email} may sign in again.`).catch(tell)}>
              Enable
            </Button>
          ) : (
            <Button size="sm" onClick={() => setAsking("disable")}>
              Disable …
            </Button>
          ))}
      </div>
      {asking !== null && typeof asking === "object" && (
        <ChangeRole
          user={user}
          to={asking.role}
          onClose={close}
          onConfirm={() => save(asking, `${user.email} is ${aRole[asking.role]} now.`)}
        />
      )}
      <Confirm
        open={asking === "disable"}
        onClose={close}
        title={`Disable ${user.email}?`}
        action="Disable"
        onConfirm={() => save({ disabled: true }, `${user.email} is disabled.`)}
      >
        <p>Their sessions end at once, and they cannot sign in until somebody enables them again. What they did stays in the audit log.</p>
      </Confirm>
      <Confirm
        open={asking === "password"}
        onClose={close}
        title={`Reset the password of ${user.email}?`}
        action="Reset password"
        onConfirm={async () => onPassword({ email: user.email, password: (await reset.mutateAsync(user.id)).password ?? "" })}
      >
        <p>The old password stops working and their sessions end at once. A new one is generated and shown to you, once.</p>
      </Confirm>
    </Section>
  );
}

/** Asks before somebody's role changes: what they may then, and what ends. */
function ChangeRole({ user, to, ...how }: { user: UserView; to: Role; onClose: () => void; onConfirm: () => Promise<unknown> }) {
  const count = useQuery(userSessionsQuery(user.id)).data?.length;
  const ending =
    count === undefined
      ? "Their sessions end at once."
      : count === 0
        ? "They are signed in nowhere."
        : `Their ${plural(count, "session")} end${count === 1 ? "s" : ""} at once; they sign in again.`;
  return (
    <Confirm open title={`Make ${user.email} ${aRole[to]}?`} action={`Make ${aRole[to]}`} {...how}>
      <p>
        They are {aRole[user.role]} now. {roleWords[to]}
      </p>
      <p>{ending}</p>
    </Confirm>
  );
}

function Sessions({ user, self }: { user: UserView; self: boolean }) {
  const may = useMay();
  const sessions = useQuery(userSessionsQuery(user.id));
  const end = useChangeUsers(signOutEverywhere);
  const [asking, setAsking] = useState(false);
  const count = sessions.data?.length ?? 0;
  const confirm = async () => {
    const { ended } = await end.mutateAsync(user.id);
    toast(`${plural(ended, "session")} of ${user.email} ended.`, "good");
  };
  return (
    <Section title="Signed in">
      {sessions.error ? (
        <Failed error={sessions.error} onRetry={() => void sessions.refetch()} />
      ) : !sessions.data ? (
        <Skeleton className="h-16 w-full" />
      ) : count === 0 ? (
        <p className="text-[13px] text-ink-2">Nowhere.</p>
      ) : (
        <SessionList sessions={sessions.data} />
      )}
      {count > 0 && !self && may("DELETE /v1/admin/users/{id}/sessions") && (
        <Button size="sm" className="mt-2" onClick={() => setAsking(true)}>
          Sign out everywhere …
        </Button>
      )}
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title={`Sign ${user.email} out everywhere?`}
        action="Sign out everywhere"
        onConfirm={confirm}
      >
        <p>
          {plural(count, "session")} end{count === 1 ? "s" : ""} at once. With the password, which stays as it is, they can sign in again.
        </p>
      </Confirm>
    </Section>
  );
}
