import type { DeadLetter } from "@streamforge/shared";
import { useQuery } from "@tanstack/react-query";
import { type ComponentProps, Fragment } from "react";
import { formatCount } from "../../lib/format.js";
import { Menu, MenuItem } from "../../ui/menu.js";
import { LetterActions } from "./letter-actions.js";
import { causesQuery } from "./queries.js";
import { type LettersSearch, statusOf } from "./search.js";
import { type Chosen, countByCauses, isAll, mayRetry, targetOf, targetOfAll } from "./selection.js";
import { countWords } from "./words.js";

interface SelectionBarProps {
  tenant: string | undefined;
  search: LettersSearch;
  /** Those that are loaded. */
  items: readonly DeadLetter[];
  hasMore: boolean;
  chosen: Chosen;
  choose: (chosen: Chosen) => void;
}

const none: ReadonlySet<string> = new Set();
const tenantsOf = (letters: readonly DeadLetter[]) => [...new Set(letters.map(({ tenantId }) => tenantId))].sort();

/** What is chosen, and what can be done with it. Always there, so that the list does not move when the first box is ticked. */
export function SelectionBar({ tenant, search, items, hasMore, chosen, choose }: SelectionBarProps) {
  const of = isAll(chosen) ? chosen.allOf : tenant;
  const causes = useQuery(causesQuery(of, statusOf(search)));
  const loaded = items.filter(({ tenantId }) => tenantId === (of ?? tenantId));
  const matching = hasMore ? countByCauses(search, causes.isPlaceholderData ? undefined : causes.data?.items) : loaded.length;
  const letters = isAll(chosen) ? [] : items.filter(({ id }) => chosen.has(id));
  const count = isAll(chosen) ? matching : letters.length;
  const target = targetOfChoice();
  function targetOfChoice() {
    if (isAll(chosen)) return loaded[0] && targetOfAll(search, loaded[0], matching, chosen.atMs);
    const [first, ...others] = letters;
    return first && others.every(({ tenantId }) => tenantId === first.tenantId) ? targetOf([first, ...others]) : undefined;
  }
  return (
    <section aria-label="Selection" className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1.5 text-[13px]">
      <p aria-live="polite" data-testid="chosen" className={count === 0 ? "text-ink-2" : "font-medium"}>
        {count === 0
          ? matching === undefined
            ? `More than ${countWords(items.length)}`
            : countWords(matching)
          : `${countWords(count).replace(/^all/, "All")} selected`}
        {isAll(chosen) && tenant === undefined && `, of ${chosen.allOf}`}
      </p>
      {statusOf(search) === "open" && !isAll(chosen) && (
        <ChooseAll
          tenants={tenant === undefined ? tenantsOf(items) : [tenant]}
          words={tenant === undefined || matching === undefined ? "Select all" : `Select all ${formatCount(matching)}`}
          named={tenant === undefined}
          onChoose={(allOf) => choose({ allOf, atMs: Date.now() })}
        />
      )}
      {count !== 0 && (
        <button type="button" onClick={() => choose(none)} className="cursor-pointer text-ink-2 hover:underline">
          Clear<span className="sr-only"> selection</span>
        </button>
      )}
      {target ? (
        <div className="flex flex-wrap gap-2 sm:ml-auto">
          <LetterActions
            target={target}
            discardable={isAll(chosen) || letters.every(({ status }) => status === "open")}
            retryable={isAll(chosen) || letters.some(({ status }) => mayRetry(status))}
            onDone={() => choose(none)}
          />
        </div>
      ) : (
        letters.length > 0 && <KeepOne letters={letters} choose={choose} />
      )}
    </section>
  );
}

const TextButton = (props: ComponentProps<"button">) => (
  <button type="button" className="cursor-pointer font-medium text-brand hover:underline" {...props} />
);

interface ChooseAllProps {
  tenants: readonly string[];
  words: string;
  /** Whether the tenant has to be said. */
  named: boolean;
  onChoose: (tenant: string) => void;
}

/** Letters are handled one tenant at a time, so all that match are those of one. */
function ChooseAll({ tenants, words, named, onChoose }: ChooseAllProps) {
  const [only, ...others] = tenants;
  if (only && others.length === 0)
    return (
      <TextButton onClick={() => onChoose(only)}>
        {words} {named && `of ${only} `}that match
      </TextButton>
    );
  return (
    <Menu align="start" trigger={<TextButton>{words} of one tenant …</TextButton>}>
      {tenants.map((tenant) => (
        <MenuItem key={tenant} onClick={() => onChoose(tenant)}>
          {tenant}
        </MenuItem>
      ))}
    </Menu>
  );
}

/** The chosen letters are of several tenants: offers to continue with those of one. */
function KeepOne({ letters, choose }: { letters: readonly DeadLetter[]; choose: (chosen: Chosen) => void }) {
  return (
    <p className="text-ink-2">
      Handled one tenant at a time; keep those of{" "}
      {tenantsOf(letters).map((tenant, index) => {
        const ids = letters.filter(({ tenantId }) => tenantId === tenant).map(({ id }) => id);
        return (
          <Fragment key={tenant}>
            {index > 0 && " or "}
            <TextButton onClick={() => choose(new Set(ids))}>
              {tenant} ({formatCount(ids.length)})
            </TextButton>
          </Fragment>
        );
      })}
    </p>
  );
}
