import { Unbuilt } from "../../ui/unbuilt.js";

/** Not built yet. */
export const EventTypesPage = () => <Unbuilt title="Event types" />;
