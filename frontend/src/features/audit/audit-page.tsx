import { Unbuilt } from "../../ui/unbuilt.js";

/** Not built yet. */
export const AuditPage = () => <Unbuilt title="Audit" />;
