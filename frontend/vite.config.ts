import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { precompress } from "./precompress.js";

/** The API that `vite dev` talks to; in production the API process serves `dist` itself, so paths are the same. */
const api = process.env["VITE_API"] ?? "http://127.0.0.1:3001";

export default defineConfig({
  base: "/",
  plugins: [react(), tailwindcss(), precompress()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // No data: URIs and no preload polyfill: the page must run under `default-src 'self'` without exceptions.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
  },
  server: {
    host: "127.0.0.1",
    // Host stays the page's own: the API compares it with Origin, and would refuse the sign-in of another host's page.
    proxy: { "/v1": { target: api, changeOrigin: false } },
  },
});
