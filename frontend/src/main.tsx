import { Tooltip } from "@base-ui/react/tooltip";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/app.js";
import "./styles.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

// networkMode always: a dashboard on 127.0.0.1 works without a network, and the browser's idea of "offline" would pause it.
const queries = new QueryClient({
  defaultOptions: { queries: { networkMode: "always", retry: 1 }, mutations: { networkMode: "always", retry: false } },
});

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <Tooltip.Provider>
        <App />
      </Tooltip.Provider>
    </QueryClientProvider>
  </StrictMode>,
);
