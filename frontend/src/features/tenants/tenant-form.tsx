import { zodResolver } from "@hookform/resolvers/zod";
import { createTenantSchema, type TenantView } from "@streamforge/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { api, ok } from "../../api/client.js";
import { failureText } from "../../lib/failure.js";
import { toast } from "../../lib/toasts.js";
import { Dialog, SubmitActions } from "../../ui/dialog.js";
import { FormFailure, Input } from "../../ui/form.js";

/** An empty field is no limit; an input gives text. */
const limit = z
  .string()
  .trim()
  .refine((text) => text === "" || (/^\d{1,9}$/.test(text) && Number(text) > 0), "must be a whole number above 0, or empty");
const form = createTenantSchema.omit({ limits: true }).extend({ eventsPerSecond: limit, requestsPerSecond: limit });

const numberOf = (text: string) => (text === "" ? undefined : Number(text));
const textOf = (perSecond: number | undefined) => perSecond?.toString() ?? "";

/** Makes a tenant, or changes one. @param tenant null: a new one */
export default function TenantForm({ tenant, onClose }: { tenant: TenantView | null; onClose: () => void }) {
  const client = useQueryClient();
  const { register, handleSubmit, formState } = useForm({
    resolver: zodResolver(form),
    defaultValues: {
      tenantId: tenant?.tenantId ?? "",
      name: tenant?.name ?? "",
      eventsPerSecond: textOf(tenant?.limits.eventsPerSecond),
      requestsPerSecond: textOf(tenant?.limits.requestsPerSecond),
    },
  });
  const save = useMutation({
    mutationFn: ({ tenantId, name, eventsPerSecond, requestsPerSecond }: z.infer<typeof form>) => {
      const limits = { eventsPerSecond: numberOf(eventsPerSecond), requestsPerSecond: numberOf(requestsPerSecond) };
      return tenant
        ? ok(api.PATCH("/v1/admin/tenants/{tenantId}", { params: { path: { tenantId } }, body: { name, limits } }))
        : ok(api.POST("/v1/admin/tenants", { body: { tenantId, name, limits } }));
    },
    onSuccess: async ({ name }) => {
      await client.invalidateQueries({ queryKey: ["tenants"] });
      toast(tenant ? `${name} is changed; the limits hold within a second.` : `${name} is created. It needs a key to send events.`, "good");
      onClose();
    },
  });
  const { errors } = formState;
  return (
    <Dialog open onClose={onClose} title={tenant ? `Change ${tenant.tenantId}` : "Create a tenant"}>
      <form onSubmit={(event) => void handleSubmit((values) => save.mutate(values))(event)} className="flex flex-col gap-4" noValidate>
        {!tenant && (
          <Input
            label="Tenant id"
            placeholder="acme"
            hint="Letters, digits, '.', '_' and '-'. It cannot be changed."
            error={errors.tenantId?.message}
            {...register("tenantId")}
          />
        )}
        <Input label="Name" placeholder="Acme Ltd" error={errors.name?.message} {...register("name")} />
        <div className="grid gap-4 sm:grid-cols-2">
          <Input
            label="Events a second"
            inputMode="numeric"
            hint="Empty: no limit"
            error={errors.eventsPerSecond?.message}
            {...register("eventsPerSecond")}
          />
          <Input
            label="Requests a second"
            inputMode="numeric"
            hint="Empty: no limit"
            error={errors.requestsPerSecond?.message}
            {...register("requestsPerSecond")}
          />
        </div>
        <FormFailure>{save.error && failureText(save.error)}</FormFailure>
        <SubmitActions onCancel={onClose} pending={save.isPending}>
          {tenant ? "Save" : "Create tenant"}
        </SubmitActions>
      </form>
    </Dialog>
  );
}
