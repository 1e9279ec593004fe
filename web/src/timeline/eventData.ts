/** Reads the JSON of an event, which may be of a plugin or of another version: anything can be missing. Pure. */
import type { FeedEvent } from "@/api/feed"

export type Data = Record<string, unknown>

export const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)
export const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((each) => typeof each === "string") : [])

export const isData = (value: unknown): value is Data => typeof value === "object" && value !== null && !Array.isArray(value)

export const dataOf = (event: FeedEvent): Data => (isData(event.data) ? event.data : {})
