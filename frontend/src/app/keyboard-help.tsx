import { Dialog } from "../ui/dialog.js";
import { commandKey, Kbd } from "../ui/kbd.js";
import { pagesFor } from "./pages.js";
import { useMay } from "./permissions.js";

/** Every key that does something. */
export default function KeyboardHelp({ onClose }: { onClose: () => void }) {
  const everywhere: [string[], string][] = [
    [[commandKey, "K"], "Go to a page, an event or a dead letter"],
    [["/"], "Search on this page"],
    [["?"], "These keys"],
    [["Esc"], "Close the panel or window"],
  ];
  const lists: [string[], string][] = [
    [["↑", "↓"], "Move through a list (j and k, too)"],
    [["Enter"], "Open the row beside the list"],
  ];
  const go = pagesFor(useMay()).map(({ key, title }): [string[], string] => [["g", key], title]);
  return (
    <Dialog open onClose={onClose} title="Keyboard" wide>
      <div className="grid gap-x-8 gap-y-5 sm:grid-cols-2">
        <Keys title="Everywhere" rows={everywhere} />
        <Keys title="Go to" rows={go} />
        <Keys title="In lists" rows={lists} />
      </div>
    </Dialog>
  );
}

function Keys({ title, rows }: { title: string; rows: [string[], string][] }) {
  return (
    <section>
      <h3 className="mb-1 text-xs text-ink-3">{title}</h3>
      <dl className="text-[13px]">
        {rows.map(([keys, text]) => (
          <div key={text} className="flex min-h-8 items-center justify-between gap-3">
            <dt>{text}</dt>
            <dd className="flex gap-1">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
