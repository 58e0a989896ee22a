import { useSettings } from "../../app/settings.js";
import { type Fact, idFact } from "../../ui/fact-list.js";
import { traceIdOf, traceUrlOf } from "./trace-url.js";

/** The trace of an event: a link to its page where the operator has named one (TRACE_URL_TEMPLATE), else its id. */
export function useTraceFact(traceparent: string | undefined): Fact {
  const { data } = useSettings();
  const id = traceIdOf(traceparent);
  const url = traceUrlOf(data?.traceUrlTemplate, id);
  if (!id || !url) return idFact("Trace", id);
  const link = (
    <a href={url} target="_blank" rel="noreferrer" className="font-mono text-xs text-brand wrap-anywhere hover:underline">
      {id}
    </a>
  );
  return { label: "Trace", value: link, copy: id };
}
