import { useEffect, useState } from "react";
import { toast } from "../lib/toasts.js";
import { Button } from "./button.js";
import { CheckIcon, CopyIcon } from "./icons.js";

interface CopyButtonProps {
  /** A function when it is costly to make. */
  text: string | (() => string);
  /** What is copied, for those who hear it: `Copy event id`. */
  label: string;
  /** Shows a word beside the icon. */
  word?: string;
  variant?: "ghost" | "outline";
}

/** Copies a text. Browsers refuse the clipboard on pages without HTTPS other than localhost: it then says so. */
export function CopyButton({ text, label, word, variant = "ghost" }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "function" ? text() : text);
      setCopied(true);
    } catch {
      toast("The browser does not allow copying here; select the text and copy it by hand.", "bad");
    }
  };
  const Icon = copied ? CheckIcon : CopyIcon;
  return (
    <Button
      variant={variant}
      size={word ? "sm" : "icon"}
      aria-label={copied ? "Copied" : label}
      title={label}
      onClick={() => void copy()}
      className={word ? undefined : "size-7"}
    >
      <Icon className={copied ? "size-3.5 text-good" : "size-3.5"} />
      {word && <span>{copied ? "Copied" : word}</span>}
    </Button>
  );
}
