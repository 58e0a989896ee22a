import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useMay } from "../../app/permissions.js";
import { Button } from "../../ui/button.js";
import { Confirm } from "../../ui/confirm.js";
import { TextArea } from "../../ui/form.js";
import { useErasure } from "./queries.js";

const SHORTEST_REASON = 3;

/** On one user's timeline: erases everything of that user, after its name was typed, and shows the job that does it. */
export function EraseUser({ tenantId, userId }: { tenantId: string; userId: string }) {
  const may = useMay();
  const [open, setOpen] = useState(false);
  if (!may("POST /v1/admin/erasures")) return null;
  return (
    <>
      <Button size="sm" variant="danger" onClick={() => setOpen(true)}>
        Erase this user
      </Button>
      {open && <Ask tenantId={tenantId} userId={userId} onClose={() => setOpen(false)} />}
    </>
  );
}

function Ask({ tenantId, userId, onClose }: { tenantId: string; userId: string; onClose: () => void }) {
  const erase = useErasure();
  const navigate = useNavigate();
  const [reason, setReason] = useState("");
  const [block, setBlock] = useState(false);
  const confirm = async () => {
    if (reason.trim().length < SHORTEST_REASON) throw new Error("Say why, in a few words: the audit log keeps it.");
    const { jobId } = await erase.mutateAsync({ tenantId, userId, reason: reason.trim(), block });
    // Away from the address that names the user.
    await navigate({ to: "/jobs/$jobId", params: { jobId }, search: {}, replace: true });
  };
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Erase the user “${userId}”?`}
      action="Erase this user"
      type={userId.trim() || tenantId}
      onConfirm={confirm}
    >
      <p>
        Everything of this user of {tenantId} that was accepted until now goes for good: events, dead letters, and what is still on its way.
        Nothing brings it back. The ledger keeps how many they were; files of exports stay, and the job lists those that may hold some.
      </p>
      <label className="flex items-center gap-2">
        <input type="checkbox" checked={block} onChange={(event) => setBlock(event.target.checked)} />
        Refuse events of this user from now on
      </label>
      <TextArea
        label="Reason, without the user's name"
        placeholder="Request 4711 of 28 November"
        value={reason}
        maxLength={500}
        onChange={(event) => setReason(event.target.value)}
        className="min-h-16"
      />
    </Confirm>
  );
}
