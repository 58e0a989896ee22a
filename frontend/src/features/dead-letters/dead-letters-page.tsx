import { Unbuilt } from "../../ui/unbuilt.js";

/** Not built yet. */
export const DeadLettersPage = () => <Unbuilt title="Dead letters" />;
