import { zodResolver } from "@hookform/resolvers/zod";
import { createKeySchema, type Scope, scopes } from "@streamforge/shared";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { useTenant, useTenants } from "../../app/tenant.js";
import { failureText } from "../../lib/failure.js";
import { Dialog, SubmitActions } from "../../ui/dialog.js";
import { Checkbox, FormFailure, Input, Select } from "../../ui/form.js";
import { type NewKey, useCreateKey } from "./queries.js";
import { scopeWords } from "./words.js";

const DAY_MS = 86_400_000;
const expiries = { never: "Never", "30": "In 30 days", "90": "In 90 days", "365": "In a year" } as const;

const form = createKeySchema
  .omit({ expiresAt: true })
  .extend({ expiry: z.enum(Object.keys(expiries) as [keyof typeof expiries]), defaultType: z.string().max(200) });

/** Asks for what a new key may do. @param onCreated gets the key with its secret, which is never shown again */
export default function CreateKey({ onClose, onCreated }: { onClose: () => void; onCreated: (key: NewKey) => void }) {
  return (
    <Dialog open onClose={onClose} title="Create an API key" description="For one program of one tenant. Its secret is shown once.">
      <Form onClose={onClose} onCreated={onCreated} />
    </Dialog>
  );
}

function Form({ onClose, onCreated }: { onClose: () => void; onCreated: (key: NewKey) => void }) {
  const tenant = useTenant();
  const { tenants } = useTenants();
  const create = useCreateKey();
  const { register, handleSubmit, formState } = useForm({
    resolver: zodResolver(form),
    defaultValues: {
      tenantId: tenant ?? tenants[0]?.tenantId ?? "",
      name: "",
      scopes: ["events:write"] as Scope[],
      environment: "live" as const,
      expiry: "never" as const,
      defaultType: "",
    },
  });
  const { errors } = formState;
  const submit = handleSubmit(async ({ expiry, defaultType, ...key }) => {
    const expiresAt = expiry === "never" ? undefined : new Date(Date.now() + Number(expiry) * DAY_MS).toISOString();
    onCreated(await create.mutateAsync({ ...key, expiresAt, defaultType: defaultType || undefined }));
  });
  return (
    <form onSubmit={(event) => void submit(event).catch(() => {})} className="flex flex-col gap-4" noValidate>
      <Input
        label="Name"
        placeholder="checkout"
        hint="Which program uses it; events without a source get this name."
        error={errors.name?.message}
        autoComplete="off"
        {...register("name")}
      />
      <Input
        label="Tenant"
        list="tenants"
        hint="One that does not exist is made."
        error={errors.tenantId?.message}
        autoComplete="off"
        {...register("tenantId")}
      />
      <datalist id="tenants">
        {tenants.map(({ tenantId }) => (
          <option key={tenantId} value={tenantId} />
        ))}
      </datalist>
      <fieldset>
        <legend className="mb-1 text-[13px] font-medium text-ink-2">Allowed to</legend>
        {scopes.map((scope) => (
          <Checkbox
            key={scope}
            value={scope}
            label={<code className="font-mono text-xs">{scope}</code>}
            about={scopeWords[scope]}
            {...register("scopes")}
          />
        ))}
        {errors.scopes && <p className="text-xs text-bad">Choose at least one.</p>}
      </fieldset>
      <div className="grid gap-4 sm:grid-cols-2">
        <Select label="Environment" hint="Shows in the key itself." {...register("environment")}>
          <option value="live">Live</option>
          <option value="test">Test</option>
        </Select>
        <Select label="Expires" {...register("expiry")}>
          {Object.entries(expiries).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </Select>
      </div>
      <Input
        label="Default event type"
        hint="For events that name none; without one they are rejected."
        error={errors.defaultType?.message}
        {...register("defaultType")}
      />
      <FormFailure>{create.error && failureText(create.error)}</FormFailure>
      <SubmitActions onCancel={onClose} pending={create.isPending}>
        Create key
      </SubmitActions>
    </form>
  );
}
