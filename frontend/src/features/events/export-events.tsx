import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { failureText } from "../../lib/failure.js";
import { formatCount } from "../../lib/format.js";
import { Button } from "../../ui/button.js";
import { Dialog, DialogActions, SubmitActions } from "../../ui/dialog.js";
import { FormFailure, Input, Select } from "../../ui/form.js";
import { exportJobQuery, isUnderWay, type Job, useExport } from "./exports.js";
import type { EventsSearch } from "./search.js";

const DAY_MS = 86_400_000;
const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

interface Asked {
  tenant: string;
  /** What the list is narrowed to. */
  search: EventsSearch;
  onClose: () => void;
}

/** Asks for an export to Parquet, and shows how far it is. */
export default function ExportEvents(asked: Asked) {
  const [jobId, setJobId] = useState<string>();
  return (
    <Dialog
      open
      onClose={asked.onClose}
      title="Export events to Parquet"
      description="The server writes the files, into a folder or a bucket of its own, one for each type and day (UTC)."
    >
      {jobId === undefined ? <Form {...asked} onMade={setJobId} /> : <Progress jobId={jobId} onClose={asked.onClose} />}
    </Dialog>
  );
}

function Form({ tenant, search, onClose, onMade }: Asked & { onMade: (jobId: string) => void }) {
  const make = useExport();
  const [days, setDays] = useState(() => daysOf(search));
  const [type, setType] = useState(search.type ?? "");
  const [target, setTarget] = useState<"" | "local" | "s3">("");
  const wrong = days.from !== "" && days.last !== "" && days.from > days.last;
  const send = async () => {
    const wanted = {
      tenantId: tenant,
      from: `${days.from}T00:00:00Z`,
      to: new Date(Date.parse(`${days.last}T00:00:00Z`) + DAY_MS).toISOString(),
      ...(type === "" ? {} : { type }),
      ...(target === "" ? {} : { target }),
    };
    onMade((await make.mutateAsync(wanted)).jobId);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) void send().catch(() => {});
      }}
      className="flex flex-col gap-4"
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Input
          label="From day"
          type="date"
          required
          value={days.from}
          onChange={(event) => setDays({ ...days, from: event.target.value })}
        />
        <Input
          label="To day, inclusive"
          type="date"
          required
          value={days.last}
          error={wrong ? "is before the first day" : undefined}
          onChange={(event) => setDays({ ...days, last: event.target.value })}
        />
      </div>
      <Input
        label="Type"
        placeholder="all types"
        hint="On which days they occurred, and of which type; other filters of the list do not count."
        value={type}
        onChange={(event) => setType(event.target.value)}
      />
      <Select label="Into" value={target} onChange={(event) => setTarget(event.target.value as typeof target)}>
        <option value="">whichever the server has</option>
        <option value="local">its folder</option>
        <option value="s3">its bucket</option>
      </Select>
      <FormFailure>{make.error && failureText(make.error)}</FormFailure>
      <SubmitActions onCancel={onClose} pending={make.isPending}>
        Export
      </SubmitActions>
    </form>
  );
}

/** The days of a filter, as far as it has any; else the last seven. */
function daysOf({ from, to }: EventsSearch): { from: string; last: string } {
  const lastMs = to === undefined ? Date.now() : Date.parse(to) - 1;
  const fromMs = from === undefined ? lastMs - 6 * DAY_MS : Date.parse(from);
  return { from: dayOf(fromMs), last: dayOf(lastMs) };
}

function Progress({ jobId, onClose }: { jobId: string; onClose: () => void }) {
  const { data: job, error } = useQuery(exportJobQuery(jobId));
  return (
    <div className="flex flex-col gap-3 text-[13px]">
      <p role="status">{job ? words(job) : "Waiting for a worker …"}</p>
      {job?.progress.selected != null && job.status === "running" && (
        <progress className="w-full" aria-label="Exported" max={Math.max(1, job.progress.selected)} value={job.progress.processed} />
      )}
      {typeof job?.report["location"] === "string" && (
        <p>
          The files are in <code className="font-mono text-xs break-all">{job.report["location"]}</code>
        </p>
      )}
      <FormFailure>{error && failureText(error)}</FormFailure>
      <p className="text-xs text-ink-3">
        Job <code className="font-mono">{jobId}</code>
        {isUnderWay(job) && "; it continues when this is closed"}.
      </p>
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </div>
  );
}

function words({ status, progress: { processed, selected }, message }: Job): string {
  if (message) return message;
  if (status === "pending") return "Waiting for a worker …";
  const done = selected === null ? formatCount(processed) : `${formatCount(processed)} of ${formatCount(selected)}`;
  return `${done} events are exported; the job is ${status}.`;
}
