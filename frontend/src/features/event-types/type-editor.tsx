import type { EventTypeDetail, RegisteredEventType } from "@streamforge/shared";
import { type FormEvent, useState } from "react";
import { useTenant, useTenants } from "../../app/tenant.js";
import { failureOf, failureText } from "../../lib/failure.js";
import { toast } from "../../lib/toasts.js";
import { Button } from "../../ui/button.js";
import { Dialog, DialogActions } from "../../ui/dialog.js";
import { FormFailure, Input } from "../../ui/form.js";
import { CheckResult } from "./check-result.js";
import { checkType, type NewType, registerType, useChangeTypes } from "./queries.js";
import { SchemaEditor } from "./schema-editor.js";
import { readSchema, schemaText, template } from "./schema-text.js";

interface TypeEditorProps {
  /** The type that gets another version; null: a new one. */
  of: EventTypeDetail | null;
  onClose: () => void;
  onRegistered: (type: RegisteredEventType) => void;
}

/** Asks for a schema. It is tried against what is stored before it can be registered, so that nobody learns of it from the dead letters. */
export function TypeEditor({ of, onClose, onRegistered }: TypeEditorProps) {
  const next = of ? (of.versions[0]?.version ?? 0) + 1 : 1;
  return (
    <Dialog
      open
      onClose={onClose}
      closeOnOutside={false}
      wide
      title={of ? `Version ${next} of ${of.type}` : "Register an event type"}
      description={
        of
          ? `Of ${of.tenantId}. It is in force as soon as it is registered.`
          : "Events of this type are held against the schema before they are stored."
      }
    >
      <Form of={of} onClose={onClose} onRegistered={onRegistered} />
    </Dialog>
  );
}

function Form({ of, onClose, onRegistered }: TypeEditorProps) {
  const tenant = useTenant();
  const { tenants } = useTenants();
  const [fields, setFields] = useState({
    tenantId: of?.tenantId ?? tenant ?? (tenants.length === 1 ? (tenants[0]?.tenantId ?? "") : ""),
    type: of?.type ?? "",
    description: of?.description ?? "",
    text: of?.versions[0] ? schemaText(of.versions[0].schema) : template,
  });
  const check = useChangeTypes(checkType);
  const register = useChangeTypes(registerType);
  const edit = (change: Partial<typeof fields>) => {
    setFields({ ...fields, ...change });
    // What was found holds for what was looked at.
    check.reset();
    register.reset();
  };
  const read = readSchema(fields.text);
  const { text: _, ...named } = fields;
  const wanted: NewType | null = "schema" in read && named.tenantId && named.type ? { ...named, schema: read.schema } : null;
  const error = register.error ?? check.error;
  const flaws = (error && failureOf(error).errors) || [];
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!wanted || check.isPending || register.isPending) return;
    if (!check.data) return check.mutate(wanted);
    const made = (await register.mutateAsync(wanted)) as RegisteredEventType;
    toast(`Version ${made.version} of ${made.type} is registered and in force everywhere within a second.`, "good");
    onRegistered(made);
  };
  const busy = check.isPending || register.isPending;
  return (
    <form onSubmit={(event) => void submit(event).catch(() => {})} className="flex flex-col gap-4" noValidate>
      {!of && <Names fields={fields} onChange={edit} tenants={tenants.map(({ tenantId }) => tenantId)} />}
      <Input
        label="Description"
        placeholder="What it means, and who sends it"
        autoComplete="off"
        maxLength={1000}
        value={fields.description}
        onChange={(event) => edit({ description: event.target.value })}
      />
      <SchemaEditor text={fields.text} onChange={(text) => edit({ text })} flaws={flaws} />
      {check.data && <CheckResult of={check.data as RegisteredEventType} />}
      <FormFailure>{error && flaws.length === 0 && failureText(error)}</FormFailure>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" disabled={!wanted || busy}>
          {busy ? "One moment …" : check.data ? registerWords(check.data as RegisteredEventType) : "Try it against stored events"}
        </Button>
      </DialogActions>
    </form>
  );
}

/** Says on the button itself that something speaks against it. */
const registerWords = ({ version, sample, becomeUnknown }: RegisteredEventType) =>
  `Register version ${version}${sample.failing > 0 || becomeUnknown.length > 0 ? " all the same" : ""}`;

interface NamesProps {
  fields: { tenantId: string; type: string };
  onChange: (change: { tenantId?: string; type?: string }) => void;
  tenants: readonly string[];
}

function Names({ fields, onChange, tenants }: NamesProps) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Input
        label="Tenant"
        list="type-tenants"
        autoComplete="off"
        value={fields.tenantId}
        onChange={(event) => onChange({ tenantId: event.target.value.trim() })}
      />
      <datalist id="type-tenants">
        {tenants.map((tenantId) => (
          <option key={tenantId} value={tenantId} />
        ))}
      </datalist>
      <Input
        label="Event type"
        placeholder="ORDER_PLACED"
        autoComplete="off"
        spellCheck={false}
        maxLength={400}
        value={fields.type}
        onChange={(event) => onChange({ type: event.target.value })}
      />
    </div>
  );
}
