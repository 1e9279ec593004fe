/** The browser tab's title: the page, with the number of waiting permission requests in front. */

let page = "Chorus"
let waiting = 0

export function tabTitle(name: string, count: number): string {
  const title = name === "Chorus" ? name : `${name} · Chorus`
  return count > 0 ? `(${count}) ${title}` : title
}

function show(): void {
  document.title = tabTitle(page, waiting)
}

export function nameTab(name: string): void {
  page = name
  show()
}

export function countInTab(count: number): void {
  waiting = count
  show()
}
