import { RouterProvider } from "@tanstack/react-router"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { Provider } from "urql"
import { client } from "@/api/client"
import { startFeed } from "@/api/feed"
import { router } from "@/app/router"
import { startPendingPermissions } from "@/state/pendingPermissions"
import { startTaskStore } from "@/state/taskStore"
import "@/ui/styles.css"

startFeed()
startTaskStore()
startPendingPermissions()

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Provider value={client}>
      <RouterProvider router={router} />
    </Provider>
  </StrictMode>,
)
