/** Reads the data of events, which may be of a plugin or of another version: anything can be missing. Pure. */
import type { KnownEvent } from "@/api/eventKinds"
import type { FeedEvent } from "@/api/feed"

export const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)
export const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((each) => typeof each === "string") : [])

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value)

/** The event as one of a known kind; it may be of another one, which is the `default` of a switch. */
export const typedEvent = ({ kind, data }: FeedEvent): KnownEvent => ({ kind, data: isObject(data) ? data : {} }) as KnownEvent
