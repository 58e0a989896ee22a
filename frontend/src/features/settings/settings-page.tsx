import { Unbuilt } from "../../ui/unbuilt.js";

/** Not built yet. */
export const SettingsPage = () => <Unbuilt title="Settings" />;
