import { JOB_SCOPES, type JobView, type RetentionReport } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMay } from "../../app/permissions.js";
import { failureOf } from "../../lib/failure.js";
import { formatCount } from "../../lib/format.js";
import { CodeBlock } from "../../ui/code-block.js";
import { FactList, idFact } from "../../ui/fact-list.js";
import { Section } from "../../ui/section.js";
import { SidePanel } from "../../ui/side-panel.js";
import { Skeleton } from "../../ui/skeleton.js";
import { Empty, Failed } from "../../ui/states.js";
import { At } from "../../ui/time.js";
import { JobCommands } from "./commands.js";
import { JobProgress, JobState } from "./job-state.js";
import { jobQuery, useJobCommand } from "./queries.js";
import { cancelWords, kindWords, nameWords, progressWords } from "./words.js";

const route = getRouteApi("/jobs/$jobId");

/** One job beside the list: how far it is, what came of it, and what can be done about it. */
export function JobPanel() {
  const { jobId } = route.useParams();
  const navigate = useNavigate();
  const { data: job, error, refetch } = useQuery(jobQuery(jobId));
  return (
    <SidePanel
      label={`Job ${jobId}`}
      onClose={() => void navigate({ to: "/jobs", search: (previous) => previous })}
      title={
        <div className="flex items-center gap-2">
          <h2 className="truncate text-[15px] font-semibold">{job ? kindWords[job.kind] : "Job"}</h2>
          {job && <JobState job={job} />}
        </div>
      }
    >
      {job ? (
        <Details key={job.id} job={job} />
      ) : failureOf(error).status === 404 ? (
        <Empty title="There is no such job">Is another tenant chosen at the top?</Empty>
      ) : error ? (
        <Failed error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton className="h-56 w-full" />
      )}
    </SidePanel>
  );
}

function Details({ job }: { job: JobView }) {
  const { message, outcome, report, spec, kind, id } = job;
  const counts = Object.entries(outcome).map(([name, count]) => ({ label: nameWords(name), value: formatCount(count) }));
  return (
    <div className="flex flex-col gap-5">
      <section aria-label="Progress" className="flex flex-col gap-2">
        <p className="text-[15px] font-semibold" data-testid="job-progress">
          {progressWords(job)}
        </p>
        <JobProgress job={job} />
        {message && <p className="rounded-md bg-raised px-3 py-2 text-[13px] font-medium wrap-anywhere">{message}</p>}
        {kind === "replay" && (
          <Link to="/replays/$replayId" params={{ replayId: id }} className="text-[13px] font-medium text-brand hover:underline">
            Its letters, failures and differences
          </Link>
        )}
        <Commands job={job} />
      </section>
      {counts.length > 0 && (
        <Section title={spec["dryRun"] === true ? "What would go" : "What came of it"}>
          <FactList facts={counts} />
        </Section>
      )}
      {kind === "retention" && <ByTenant report={report as Partial<RetentionReport>} />}
      {kind !== "retention" && Object.keys(report).length > 0 && (
        <Section title="Report">
          <CodeBlock label="Copy report" code={JSON.stringify(report, null, 2)} />
        </Section>
      )}
      {Object.keys(spec).length > 0 && (
        <Section title="Asked for">
          <CodeBlock label="Copy what was asked for" code={JSON.stringify(spec, null, 2)} />
        </Section>
      )}
      <About job={job} />
    </div>
  );
}

/** What retention removed, or would remove, of each tenant. */
function ByTenant({ report: { tenants = [], moreTenants = 0, notExported = [] } }: { report: Partial<RetentionReport> }) {
  if (tenants.length === 0 && notExported.length === 0) return null;
  return (
    <Section title="By tenant and type">
      <FactList
        facts={tenants.map(({ tenantId, events, deadLetters, types }) => ({
          label: tenantId,
          value: (
            <>
              <span className="block">
                {formatCount(events)} events, {formatCount(deadLetters)} dead letters
              </span>
              {Object.entries(types).map(([type, count]) => (
                <span key={type} className="block text-xs text-ink-2">
                  {type} {formatCount(count)}
                </span>
              ))}
            </>
          ),
        }))}
      />
      {moreTenants > 0 && <p className="mt-2 text-xs text-ink-3">and of {formatCount(moreTenants)} more tenants</p>}
      {notExported.length > 0 && <p className="mt-2 text-xs text-ink-2">Kept, since no export has them: {notExported.join(", ")}</p>}
    </Section>
  );
}

function Commands({ job: { id, kind, status } }: { job: JobView }) {
  const may = useMay();
  const command = useJobCommand(id);
  // Who may not make an administrator's job may not command it either, though the path itself would let them.
  if (!may("POST /v1/admin/jobs/{id}/cancel") || (JOB_SCOPES[kind] === "admin" && !may("POST /v1/admin/retention/run"))) return null;
  return (
    <JobCommands status={status} what={kindWords[kind].toLowerCase()} action="Cancel job" command={command}>
      {cancelWords[kind]}
    </JobCommands>
  );
}

function About({ job }: { job: JobView }) {
  const { id, tenantId, createdBy, createdAt, startedAt, finishedAt } = job;
  return (
    <Section title="About">
      <FactList
        facts={[
          { label: "Tenant", value: tenantId ?? "all tenants" },
          { label: "Begun by", value: createdBy.name },
          { label: "Made", value: <At at={createdAt} /> },
          { label: "Started", value: startedAt && <At at={startedAt} /> },
          { label: "Ended", value: finishedAt && <At at={finishedAt} /> },
          idFact("Id", id),
        ]}
      />
    </Section>
  );
}
