/** What is open above the page. */
import { Store } from "@/api/store"

export const paletteOpen = new Store(false)
export const helpOpen = new Store(false)
