import { Page } from "./page.js";
import { PageHeader } from "./page-header.js";
import { Empty } from "./states.js";

/** Stands at the address of a page that does not exist yet. Nothing leads here. */
export const Unbuilt = ({ title }: { title: string }) => (
  <Page>
    <PageHeader title={title} />
    <Empty title="This page is not built yet">What it will show can be read through the API; its description is at /docs.</Empty>
  </Page>
);
