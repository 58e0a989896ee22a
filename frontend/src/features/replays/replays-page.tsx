import { Unbuilt } from "../../ui/unbuilt.js";

/** Not built yet. */
export const ReplaysPage = () => <Unbuilt title="Replays" />;
