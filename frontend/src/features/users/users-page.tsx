import { Unbuilt } from "../../ui/unbuilt.js";

/** Not built yet. */
export const UsersPage = () => <Unbuilt title="Users" />;
