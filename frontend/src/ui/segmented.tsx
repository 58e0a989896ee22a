import { Toggle } from "@base-ui/react/toggle";
import { ToggleGroup } from "@base-ui/react/toggle-group";

interface SegmentedProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly { value: Value; label: string }[];
  onChange: (value: Value) => void;
}

/** A choice of one among few; pressing the chosen one again keeps it. */
export function Segmented<Value extends string>({ label, value, options, onChange }: SegmentedProps<Value>) {
  return (
    <ToggleGroup
      aria-label={label}
      value={[value]}
      onValueChange={([next]) => next && onChange(next)}
      className="flex rounded-md bg-raised p-0.5"
    >
      {options.map((option) => (
        <Toggle
          key={option.value}
          value={option.value}
          className="h-7 cursor-pointer rounded px-2.5 text-xs font-medium text-ink-2 hover:text-ink data-[pressed]:bg-surface data-[pressed]:text-ink data-[pressed]:shadow-sm"
        >
          {option.label}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}
