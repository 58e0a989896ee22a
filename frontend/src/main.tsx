import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError } from "./api/client.js";
import { App } from "./app/app.js";
import { SESSION_KEY } from "./app/session.js";
import "./styles.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

const retryable = (error: Error) => !(error instanceof ApiError) || error.failure.status === 0 || error.failure.status >= 500;

// networkMode always: a dashboard on 127.0.0.1 works without a network, and the browser's idea of "offline" would pause it.
const queries = new QueryClient({
  queryCache: new QueryCache({
    onError(error, query) {
      // The session is over: asking for it brings the sign-in page, and after it this same address.
      const expired = error instanceof ApiError && error.failure.status === 401;
      if (expired && query.queryKey[0] !== SESSION_KEY[0]) void queries.invalidateQueries({ queryKey: SESSION_KEY });
    },
  }),
  defaultOptions: {
    queries: { networkMode: "always", retry: (count, error) => count < 1 && retryable(error) },
    mutations: { networkMode: "always", retry: false },
  },
});

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      {/* The content security policy allows no inline style elements. */}
      <CSPProvider disableStyleElements>
        <App />
      </CSPProvider>
    </QueryClientProvider>
  </StrictMode>,
);
