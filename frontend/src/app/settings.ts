import type { Settings, SettingsView } from "@streamforge/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, ok } from "../api/client.js";
import { failureText } from "../lib/failure.js";
import { toast } from "../lib/toasts.js";
import { setZone } from "../lib/zone.js";
import { useChooseTenant, useTenant } from "./tenant.js";
import { chooseTheme, useThemeChoice } from "./theme.js";

const SETTINGS_KEY = ["settings"] as const;

/** What the signed-in person has chosen, on whatever machine. */
export const useSettings = () =>
  useQuery({ queryKey: SETTINGS_KEY, queryFn: () => ok(api.GET("/v1/me/settings")) as Promise<SettingsView>, staleTime: 60_000 });

/** Changes some, at once on the screen; what could not be kept is taken back and said. */
export function useChangeSettings(): (change: Partial<Settings>) => void {
  const client = useQueryClient();
  const { mutate } = useMutation({
    mutationKey: SETTINGS_KEY,
    mutationFn: (change: Partial<Settings>) => ok(api.PATCH("/v1/me/settings", { body: change })),
    onMutate: async (change) => {
      await client.cancelQueries({ queryKey: SETTINGS_KEY });
      client.setQueryData<SettingsView>(SETTINGS_KEY, (old) => old && { ...old, ...change });
    },
    onError: (error) => toast(`Your choice could not be kept: ${failureText(error)}`, "bad"),
    // Of several changes in a row only the last one reads again: an earlier answer would set back what was chosen since.
    onSettled: () =>
      client.isMutating({ mutationKey: SETTINGS_KEY }) === 1 ? client.invalidateQueries({ queryKey: SETTINGS_KEY }) : undefined,
  });
  return mutate;
}

/** How often pages that are not live ask again, in ms. */
export const useRefreshMs = () => (useSettings().data?.refreshSeconds ?? 5) * 1000;

/** Makes the settings act, on every page: colours, time zone, and the tenant where the URL names none. */
export function useApplySettings(): void {
  const { data } = useSettings();
  const { theme, timeZone, defaultTenantId } = data ?? {};
  const change = useChangeSettings();
  const tenant = useTenant();
  const chooseTenant = useChooseTenant();
  const choice = useThemeChoice();
  useEffect(() => {
    if (theme) chooseTheme(theme);
  }, [theme]);
  useEffect(() => {
    if (timeZone) setZone(timeZone);
  }, [timeZone]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours that are changed in the menu are kept as those of the settings page are
  useEffect(() => {
    if (theme && choice !== theme) change({ theme: choice });
  }, [choice]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each visit and choice, or nobody could look at all tenants
  useEffect(() => {
    if (defaultTenantId && tenant === undefined) chooseTenant(defaultTenantId, { replace: true });
  }, [defaultTenantId]);
}
