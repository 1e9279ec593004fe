import { Carried } from "@/ui/useSortable"

/** A queued task on its way to another place of the queue, or to being started. */
export const carriedTask = new Carried()
