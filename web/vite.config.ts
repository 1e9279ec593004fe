import { fileURLToPath, URL } from "node:url"
import tailwindcss from "@tailwindcss/vite"
import react from "@vitejs/plugin-react"
import { defineConfig } from "vitest/config"

const server = "http://127.0.0.1:8420"

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    rolldownOptions: {
      // GraphiQL's modules carry compiler directives that mean nothing in a bundle.
      checks: { moduleLevelDirective: false },
      input: {
        index: fileURLToPath(new URL("./index.html", import.meta.url)),
        graphiql: fileURLToPath(new URL("./graphiql.html", import.meta.url)),
      },
    },
    chunkSizeWarningLimit: 4000,
    manifest: true,
  },
  server: {
    proxy: {
      "/graphql": { target: server, ws: true },
      "/terminal": { target: server, ws: true },
      "/login": server,
      "/logout": server,
    },
  },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.{ts,tsx}"],
    // One browser environment for all files: making one for each takes ten times as long as the tests.
    isolate: false,
    restoreMocks: true,
  },
})
