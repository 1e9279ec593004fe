import { Link } from "@tanstack/react-router"
import { Empty } from "@/ui/Notice"
import { Page } from "@/ui/Page"

export function NotFound() {
  return (
    <Page title="Not found">
      <Empty title="There is no such page">
        <Link to="/" className="text-accent underline">
          Go to the tasks
        </Link>
      </Empty>
    </Page>
  )
}
