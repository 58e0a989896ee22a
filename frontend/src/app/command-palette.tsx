import { Dialog as Base } from "@base-ui/react/dialog";
import { useNavigate } from "@tanstack/react-router";
import { type ComponentType, type KeyboardEvent, useId, useState } from "react";
import { cn } from "../ui/cn.js";
import { BuildingIcon, DeadLetterIcon, EventsIcon, SearchIcon } from "../ui/icons.js";
import { Kbd } from "../ui/kbd.js";
import { pagesFor } from "./pages.js";
import { useMay } from "./permissions.js";
import { useChooseTenant, useTenants } from "./tenant.js";

interface Command {
  id: string;
  text: string;
  hint?: string;
  Icon: ComponentType<{ className?: string }>;
  run: () => void;
}

const LETTER_ID = /^[0-9a-f]{48}$/i;
const MOST = 12;

/** Goes anywhere in a few keys: a page by its name, a tenant, an event or a dead letter by its id. */
export default function CommandPalette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const listId = useId();
  const commands = useCommands(text.trim());
  const chosen = Math.min(at, commands.length - 1);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "Enter" && !event.nativeEvent.isComposing) run(commands[chosen]);
    if (step === 0 || commands.length === 0) return;
    event.preventDefault();
    setAt((chosen + step + commands.length) % commands.length);
  };
  return (
    <Base.Root open onOpenChange={(open) => !open && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-black/40" />
        <Base.Popup className="fixed inset-x-3 top-3 z-50 overflow-hidden rounded-xl border border-line bg-surface shadow-xl outline-none sm:inset-x-auto sm:top-[12vh] sm:left-1/2 sm:w-[min(36rem,calc(100vw-2rem))] sm:-translate-x-1/2">
          <Base.Title className="sr-only">Go to</Base.Title>
          <div className="flex items-center gap-2.5 border-b border-line px-4">
            <SearchIcon className="size-4 shrink-0 text-ink-3" />
            <input
              role="combobox"
              aria-expanded="true"
              aria-controls={listId}
              aria-activedescendant={commands[chosen] && `${listId}-${chosen}`}
              aria-label="A page, a tenant, an event id or a dead letter id"
              placeholder="Page, tenant, or paste an event id"
              value={text}
              onChange={(event) => {
                setText(event.target.value);
                setAt(0);
              }}
              onKeyDown={onKey}
              autoComplete="off"
              spellCheck={false}
              className="h-12 min-w-0 flex-1 bg-transparent text-[15px] outline-none placeholder:text-ink-3"
            />
            <Kbd>Esc</Kbd>
          </div>
          <div id={listId} role="listbox" aria-label="Where to go" className="max-h-[60vh] overflow-y-auto p-1.5">
            {commands.map((command, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys, as a combobox does
              // biome-ignore lint/a11y/useFocusableInteractive: and the focus
              <div
                key={command.id}
                id={`${listId}-${index}`}
                role="option"
                aria-selected={index === chosen}
                onClick={() => run(command)}
                onPointerMove={() => setAt(index)}
                className={cn(
                  "flex min-h-10 cursor-pointer items-center gap-3 rounded-md px-3 text-[13px]",
                  index === chosen && "bg-raised",
                )}
              >
                <command.Icon className="size-4 shrink-0 text-ink-3" />
                <span className="min-w-0 flex-1 truncate">{command.text}</span>
                {command.hint && <span className="text-xs text-ink-3">{command.hint}</span>}
              </div>
            ))}
          </div>
          {commands.length === 0 && <p className="px-4 py-6 text-center text-[13px] text-ink-2">Nothing is called that.</p>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

function useCommands(text: string): Command[] {
  const navigate = useNavigate();
  const choose = useChooseTenant();
  const { tenants } = useTenants();
  const may = useMay();
  const words = text.toLowerCase();
  const matches = (candidate: string) => candidate.toLowerCase().includes(words);
  const toPages = pagesFor(may)
    .filter(({ title }) => matches(title))
    .map(
      ({ path, title, Icon, key }): Command => ({ id: path, text: title, hint: `g ${key}`, Icon, run: () => void navigate({ to: path }) }),
    );
  const toTenants = tenants
    .filter(({ tenantId, name }) => text !== "" && (matches(tenantId) || matches(name ?? "")))
    .map(
      ({ tenantId }): Command => ({
        id: `tenant ${tenantId}`,
        text: tenantId,
        hint: "show this tenant",
        Icon: BuildingIcon,
        run: () => choose(tenantId),
      }),
    );
  return [...toPages, ...toTenants, ...idCommands(text, navigate)].slice(0, MOST);
}

/** What a pasted id can be. 48 hexadecimal digits are a dead letter's; any text can be a producer's own event id. */
function idCommands(text: string, navigate: ReturnType<typeof useNavigate>): Command[] {
  if (text === "") return [];
  const event: Command = {
    id: "event",
    text: `Event ${text}`,
    hint: "open by id",
    Icon: EventsIcon,
    run: () => void navigate({ to: "/events/$eventId", params: { eventId: text } }),
  };
  if (!LETTER_ID.test(text)) return [event];
  const letter: Command = {
    id: "letter",
    text: `Dead letter ${text}`,
    hint: "open by id",
    Icon: DeadLetterIcon,
    run: () => void navigate({ to: "/dead-letters/$letterId", params: { letterId: text } }),
  };
  return [letter, event];
}
