import { getRouteApi, Link } from "@tanstack/react-router"
import { signOut } from "@/api/http"
import { Button } from "@/ui/Button"
import { Page } from "@/ui/Page"
import { TAB_BAR, tabClasses } from "@/ui/tabs"
import { useCurrentInView } from "@/ui/useCurrentInView"
import { AuditLog } from "./AuditLog"
import { Doctor } from "./Doctor"
import { PermissionsView } from "./PermissionsView"
import { PluginList } from "./PluginList"
import { ProjectList } from "./ProjectList"
import { SettingList } from "./SettingList"
import { SYSTEM_VIEWS, systemViewNamed, type SystemViewName } from "./views"

const route = getRouteApi("/system")

/** The server itself: what it serves, what it is made of, what it allows, whether it is well, what happened. */
export function SystemPage() {
  const view = systemViewNamed(route.useSearch().view)
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
      <SystemTabs current={view} />
      <div className="mx-auto flex max-w-4xl flex-col gap-8 p-4">
        <View name={view} />
      </div>
    </Page>
  )
}

function SystemTabs({ current }: { current: SystemViewName }) {
  const bar = useCurrentInView(current)
  return (
    <nav ref={bar} aria-label="Views of the system" className={TAB_BAR}>
      {SYSTEM_VIEWS.map(({ name, label }) => (
        <Link
          key={name}
          to="/system"
          search={{ view: name }}
          replace
          aria-current={name === current ? "page" : undefined}
          className={tabClasses(name === current)}
        >
          {label}
        </Link>
      ))}
    </nav>
  )
}

function View({ name }: { name: SystemViewName }) {
  switch (name) {
    case "projects":
      return <ProjectList />
    case "plugins":
      return <PluginList />
    case "permissions":
      return <PermissionsView />
    case "settings":
      return <SettingList />
    case "checkup":
      return <Doctor />
    case "log":
      return <AuditLog />
  }
}
