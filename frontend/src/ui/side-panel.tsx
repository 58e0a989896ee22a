import { Dialog } from "@base-ui/react/dialog";
import { type ReactNode, useEffect, useRef } from "react";
import { useWide } from "../lib/media.js";
import { Button } from "./button.js";
import { CloseIcon } from "./icons.js";

interface SidePanelProps {
  title: ReactNode;
  /** The name for those who hear it. */
  label: string;
  actions?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

/**
 * One item of a list, beside it: the list stays where it is and can be walked through. On a narrow screen it covers the page.
 * What is open belongs into the URL; Esc closes.
 */
export function SidePanel(props: SidePanelProps) {
  return useWide() ? <Beside {...props} /> : <Sheet {...props} />;
}

function Beside({ title, label, actions, onClose, children }: SidePanelProps) {
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // A window or menu over the panel takes Esc for itself.
      if (event.key !== "Escape" || event.defaultPrevented || document.querySelector('[role="dialog"][data-open], [role="menu"]')) return;
      close.current();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return (
    <section
      aria-label={label}
      className="flex min-h-0 w-[46%] max-w-[56rem] min-w-96 shrink-0 flex-col overflow-hidden rounded-lg border border-line bg-surface"
    >
      <Head title={title} actions={actions}>
        <Button variant="ghost" size="icon" aria-label="Close panel" title="Close (Esc)" onClick={onClose}>
          <CloseIcon />
        </Button>
      </Head>
      <div className="min-h-0 flex-1 overflow-y-auto px-4 py-4">{children}</div>
    </section>
  );
}

function Sheet({ title, label, actions, onClose, children }: SidePanelProps) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Popup aria-label={label} className="fixed inset-0 z-40 flex flex-col bg-surface outline-none">
          <Head title={title} actions={actions}>
            <Dialog.Close render={<Button variant="ghost" size="icon" aria-label="Close panel" />}>
              <CloseIcon />
            </Dialog.Close>
          </Head>
          <div className="min-h-0 flex-1 overflow-y-auto px-4 py-4">{children}</div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Head({ title, actions, children }: Pick<SidePanelProps, "title" | "actions" | "children">) {
  return (
    <header className="flex min-h-13 items-center gap-2 border-b border-line py-2 pr-2 pl-4">
      <div className="min-w-0 flex-1">{title}</div>
      {actions}
      {children}
    </header>
  );
}
