/** Paths as a tree of folders. Pure. */

export type Leaf<T> = { name: string; item: T }
export type Folder<T> = { name: string; path: string; folders: Folder<T>[]; leaves: Leaf<T>[] }

export function treeOf<T extends { path: string }>(items: readonly T[]): Folder<T> {
  const root: Folder<T> = { name: "", path: "", folders: [], leaves: [] }
  for (const item of items.toSorted((a, b) => a.path.localeCompare(b.path))) {
    const parts = item.path.split("/")
    const name = parts.pop()!
    folderAt(root, parts).leaves.push({ name, item })
  }
  return root
}

function folderAt<T>(root: Folder<T>, parts: readonly string[]): Folder<T> {
  let folder = root
  for (const name of parts) {
    let next = folder.folders.find((each) => each.name === name)
    if (!next) {
      next = { name, path: folder.path ? `${folder.path}/${name}` : name, folders: [], leaves: [] }
      folder.folders.push(next)
    }
    folder = next
  }
  return folder
}
