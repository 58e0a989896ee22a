import type { Alarm } from "@streamforge/shared";
import type { ReactNode } from "react";
import { formatCount } from "../../lib/format.js";
import { At } from "../../ui/time.js";
import { basisWords } from "./words.js";

/** What an alarm knows: between when, how the most that can be lost is made up, and who has said what. */
export function AlarmFacts({ alarm: { from, to, noticedAt, noticedBy, bound, unaccounted, upTo, acknowledged } }: { alarm: Alarm }) {
  const facts: [string, ReactNode][] = [
    ["Accepted between", <Between key="between" from={from} to={to} />],
    [
      "Noticed",
      <>
        {<At at={noticedAt} />} by {noticedBy}
      </>,
    ],
    ["At most lost", formatCount(upTo)],
    ["– not settled at the last sample", formatCount(bound.known)],
    [`– accepted since (${basisWords(bound)})`, formatCount(bound.since)],
    ["Last sample", bound.lastSampleAt ? <At key="sample" at={bound.lastSampleAt} /> : "none"],
    ["In no minute below", formatCount(unaccounted)],
    ...(acknowledged
      ? ([
          [
            "Acknowledged",
            <>
              {<At at={acknowledged.at} />} by {acknowledged.by}
            </>,
          ],
          ["Note", acknowledged.note],
        ] as [string, ReactNode][])
      : []),
  ];
  return (
    <dl className="max-w-2xl divide-y divide-line text-[13px]">
      {facts.map(([label, value]) => (
        <div key={label} className="flex flex-wrap justify-between gap-x-6 py-1.5">
          <dt className="text-ink-2">{label}</dt>
          <dd className="min-w-0 wrap-anywhere">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const Between = ({ from, to }: { from: string; to: string }) => (
  <>
    <At at={from} /> and <At at={to} />
  </>
);
