import type { ComponentType } from "react";
import { LivePage } from "../features/live/live-page.js";
import { LiveIcon } from "../ui/icons.js";

export interface Page {
  path: string;
  title: string;
  Icon: ComponentType<{ className?: string }>;
  Content: ComponentType;
}

/** Every page of the dashboard, in the order of the navigation. A page that is not here does not exist. */
export const pages: readonly Page[] = [{ path: "/", title: "Live", Icon: LiveIcon, Content: LivePage }];
