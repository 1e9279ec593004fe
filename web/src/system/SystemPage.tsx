import { signOut } from "@/api/http"
import { Page } from "@/app/Page"
import { Button } from "@/ui/Button"
import { EventLog } from "./EventLog"
import { PluginList } from "./PluginList"
import { ProjectList } from "./ProjectList"

/** The server itself: what it is made of, what it serves, what happened. */
export function SystemPage() {
  return (
    <Page
      title="System"
      actions={
        <>
          <a href="/graphiql" className="text-sm text-accent underline">
            Open GraphiQL
          </a>
          <Button onClick={() => void signOut()}>Sign out</Button>
        </>
      }
    >
      <div className="mx-auto flex max-w-4xl flex-col gap-8 p-4">
        <ProjectList />
        <PluginList />
        <EventLog />
      </div>
    </Page>
  )
}
