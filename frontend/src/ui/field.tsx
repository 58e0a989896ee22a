import { Field } from "@base-ui/react/field";
import { Input } from "@base-ui/react/input";

interface TextFieldProps {
  label: string;
  name: string;
  type: "email" | "password" | "text";
  autoComplete: string;
  autoFocus?: boolean;
  invalid?: boolean;
}

/** A labelled text input. Uncontrolled: the form reads its value when it is sent, so password managers work. */
export function TextField({ label, name, type, autoComplete, autoFocus, invalid }: TextFieldProps) {
  return (
    <Field.Root name={name} invalid={invalid} className="flex flex-col gap-1.5">
      <Field.Label className="text-[13px] font-medium text-ink-2">{label}</Field.Label>
      <Input
        type={type}
        autoComplete={autoComplete}
        autoFocus={autoFocus}
        required
        className="h-10 rounded-md border border-line-strong bg-surface px-3 text-[15px] text-ink data-[invalid]:border-bad"
      />
    </Field.Root>
  );
}
