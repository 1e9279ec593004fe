import { Link } from "@tanstack/react-router"
import type { DocumentEntry } from "@/state/documents"
import type { Folder } from "./tree"

type DocumentTreeProps = { folder: Folder<DocumentEntry>; project?: string; current?: string }

export function DocumentTree({ folder, project, current }: DocumentTreeProps) {
  return (
    <ul className="text-sm">
      {folder.folders.map((each) => (
        <li key={each.path}>
          <details open>
            <summary className="cursor-pointer rounded px-2 py-1 text-muted hover:bg-sunken">{each.name}/</summary>
            <div className="pl-3">
              <DocumentTree folder={each} project={project} current={current} />
            </div>
          </details>
        </li>
      ))}
      {folder.leaves.map(({ name, item }) => (
        <li key={item.path}>
          <Link
            to="/documents"
            search={{ project, path: item.path }}
            aria-current={item.path === current ? "page" : undefined}
            title={item.title}
            className="block truncate rounded px-2 py-1 hover:bg-sunken aria-[current]:bg-accent-soft aria-[current]:text-accent"
          >
            {name}
          </Link>
        </li>
      ))}
    </ul>
  )
}
