import { Page } from "../../ui/page.js";
import { PageHeader } from "../../ui/page-header.js";
import { ChoicesCard } from "./choices-card.js";
import { PasswordCard } from "./password-card.js";
import { SessionsCard } from "./sessions-card.js";

/** What is the reader's own: how pages look, their password, and where they are signed in. */
export function SettingsPage() {
  return (
    <Page>
      <PageHeader title="Settings" about="Yours alone, and the same wherever you sign in." />
      <div className="grid items-start gap-3 lg:grid-cols-2 2xl:grid-cols-3">
        <ChoicesCard />
        <PasswordCard />
        <div className="lg:max-2xl:col-span-2">
          <SessionsCard />
        </div>
      </div>
    </Page>
  );
}
