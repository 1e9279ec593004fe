/* oxlint-disable max-lines */
/**
 * The kinds of events and their data, out of the server's catalogue. Written by
 * `chorus schema --events typescript > web/src/api/eventKinds.ts`. Plugins and newer servers have more kinds.
 */
export type AfterPlan = "ASK_FOR_EDITS" | "ACCEPT_EDITS"
export type AgentStatus = "STOPPED" | "STARTING" | "IDLE" | "THINKING" | "READING" | "EDITING" | "RUNNING" | "WAITING" | "ERRORED"
export type MessageState = "QUEUED" | "DELIVERED" | "ACCEPTED" | "FAILED"
export type PermissionDecision = "ALLOW" | "DENY"
export type PermissionScope = "ONCE" | "SESSION" | "TASK" | "PROJECT"
export type PermissionState = "PENDING" | "ALLOWED" | "DENIED" | "EXPIRED" | "WITHDRAWN"
export type RunEnd = "FINISHED" | "INTERRUPTED" | "KILLED" | "CRASHED" | "ERRORED"
export type RunMode = "INTERACTIVE" | "HEADLESS"
export type TaskStatus = "PENDING" | "RUNNING" | "WAITING" | "COMPLETED" | "FAILED"
export type ToolDecision = "ALLOW" | "DENY" | "ASK"
export type ToolKind = "READ" | "EDIT" | "RUN" | "SEARCH" | "FETCH" | "PLAN" | "QUESTION" | "OTHER"

export interface EventData {
  /** A project was added. */
  "project.added": {
    /** Id of the project. */
    id: string
    /** Name of the project. */
    name: string
    /** Folder of the repository on the host. */
    path: string
  }
  /** A task was created. */
  "task.created": {
    /** Title of the task. */
    title: string
    /** Id of the project. */
    projectId: string
  }
  /** Fields of a task have changed; a query tells their values. */
  "task.updated": {
    /** Names of the fields that have changed. */
    fields: string[]
  }
  /** The status of a task has changed. */
  "task.status": {
    /** The new status. */
    status: TaskStatus
    /** Why the status has changed, in words. */
    why?: string | null
  }
  /** A task was deleted; its events stay. */
  "task.deleted": Record<string, never>
  /** A message was queued for the agent. */
  "message.queued": {
    /** Id of the message. */
    id: string
    /** Text of the message. */
    text: string
    /** State of the message. */
    state: MessageState
    /** Author of the message. */
    author: string
    /** Why the message has failed or is delayed. */
    error?: string | null
  }
  /** A message cannot be given to the agent yet; Chorus tries again. */
  "message.delayed": {
    /** Id of the message. */
    id: string
    /** Text of the message. */
    text: string
    /** State of the message. */
    state: MessageState
    /** Author of the message. */
    author: string
    /** Why the message has failed or is delayed. */
    error?: string | null
  }
  /** A message was typed into the terminal of the agent or passed on its command line. */
  "message.delivered": {
    /** Id of the message. */
    id: string
    /** Text of the message. */
    text: string
    /** State of the message. */
    state: MessageState
    /** Author of the message. */
    author: string
    /** Why the message has failed or is delayed. */
    error?: string | null
  }
  /** The agent has confirmed a message. */
  "message.accepted": {
    /** Id of the message. */
    id: string
    /** Text of the message. */
    text: string
    /** State of the message. */
    state: MessageState
    /** Author of the message. */
    author: string
    /** Why the message has failed or is delayed. */
    error?: string | null
  }
  /** A message could not be given to the agent. */
  "message.failed": {
    /** Id of the message. */
    id: string
    /** Text of the message. */
    text: string
    /** State of the message. */
    state: MessageState
    /** Author of the message. */
    author: string
    /** Why the message has failed or is delayed. */
    error?: string | null
  }
  /** The text of a queued message was changed. */
  "message.updated": {
    /** Id of the message. */
    id: string
    /** Text of the message. */
    text: string
    /** State of the message. */
    state: MessageState
    /** Author of the message. */
    author: string
    /** Why the message has failed or is delayed. */
    error?: string | null
  }
  /** A queued message was removed. */
  "message.removed": {
    /** Id of the message. */
    id: string
    /** Text of the message. */
    text: string
    /** State of the message. */
    state: MessageState
    /** Author of the message. */
    author: string
    /** Why the message has failed or is delayed. */
    error?: string | null
  }
  /** The queued messages of a task were reordered. */
  "message.reordered": {
    /** Ids of all queued messages, the next one first. */
    ids: string[]
  }
  /** The process of an agent was started. */
  "run.started": {
    /** Id of the run. */
    runId: string
    /** How messages reach the agent. */
    mode: RunMode
    /** Id of the run whose conversation is continued. */
    resumedFrom?: string | null
    /** First prompt of the run. */
    prompt?: string | null
  }
  /** A run has ended or could not be started. */
  "run.ended": {
    /** Id of the run. */
    runId: string
    /** How the run ended. */
    end: RunEnd | null
    /** Why the run ended, in words. */
    detail?: string | null
    /** Exit code of the process. */
    exitCode?: number | null
    /** Signal that ended the process. */
    signal?: string | null
    /** Error code of a start that failed. */
    code?: string | null
    /** Why a start failed, for programs (`branch_taken`). */
    reason?: string | null
    /** Further facts. */
    details?: Record<string, unknown>
  }
  /** A run has used more tokens; the numbers are totals of the run. */
  "run.usage": {
    /** Id of the run. */
    runId: string
    /** Input tokens. */
    inputTokens?: number | null
    /** Output tokens. */
    outputTokens?: number | null
    /** Input tokens read from the cache. */
    cacheReadTokens?: number | null
    /** Input tokens written to the cache. */
    cacheWriteTokens?: number | null
    /** Cost in US dollars. */
    costUsd?: number | null
    /** Totals of all runs of the task. */
    task: {
      /** Input tokens. */
      inputTokens?: number | null
      /** Output tokens. */
      outputTokens?: number | null
      /** Cost in US dollars. */
      costUsd?: number | null
    }
    /** Models without a known price. */
    unpriced?: string[]
  }
  /** The status or the activity of an agent has changed. */
  "agent.status": {
    /** The new status. */
    status: AgentStatus
    /** What the agent is doing, in one line. */
    activity?: string | null
    /** Id of the run. */
    runId: string
    /** Start of the status, in seconds since 1970. */
    since: number
  }
  /** The agent has accepted a prompt. */
  "agent.prompt": {
    /** Id of the run. */
    runId: string
    /** Text of the prompt. */
    text: string
  }
  /** The agent has written text. */
  "agent.text": {
    /** Id of the run. */
    runId: string
    /** Id of the subagent; null for the main agent. */
    agentRef?: string | null
    /** The text. */
    text: string
    /** Whether the text was shortened. */
    truncated?: boolean
  }
  /** The agent has started or finished using a tool. */
  "agent.tool": {
    /** Id of the run. */
    runId: string
    /** State of the tool use. */
    phase: "start" | "end" | "failed"
    /** Name of the tool. */
    toolName: string
    /** What the tool does, whatever its agent calls it. */
    toolKind?: ToolKind
    /** Tool and input in one line. */
    summary: string
    /** Id of the tool use, the same in all phases. */
    useId?: string | null
    /** Id of the subagent; null for the main agent. */
    agentRef?: string | null
    /** Input of the tool. */
    input: unknown
    /** Hunks of an edit: `oldStart`, `oldLines`, `newStart`, … */
    patch?: unknown[]
    /** Output of the tool, or its error message. */
    result?: string | null
    /** Paths of the files that were edited. */
    files?: string[]
    /** Error message in one line. */
    error?: string | null
    /** Whether input, patch or result were shortened. */
    truncated?: boolean
  }
  /** A turn of the agent has ended or was interrupted. */
  "agent.turn": {
    /** Id of the run. */
    runId: string
    /** Last text of the turn. */
    text?: string | null
    /** Number of background tasks that are still running. */
    background?: number
    /** Whether the turn was interrupted. */
    interrupted?: boolean
  }
  /** A turn of the agent has failed. */
  "agent.error": {
    /** Id of the run. */
    runId: string
    /** Kind of error, for programs (`rate_limit`). */
    error: string
    /** Error message of the agent. */
    text?: string | null
  }
  /** A busy agent has reported nothing for a long time. */
  "agent.silent": {
    /** Id of the run. */
    runId: string
    /** Length of the silence in seconds (`[status] silent_seconds`). */
    seconds: number
  }
  /** The agent has closed its conversation. */
  "agent.left": {
    /** Id of the run. */
    runId: string
    /** Reason given by the agent. */
    reason?: string | null
  }
  /** Output of a headless agent was deleted before a server had read it. */
  "agent.lines_lost": {
    /** Id of the run. */
    runId: string
    /** Offset of the first lost byte. */
    from: number
    /** Offset of the first byte after the loss. */
    until: number
    /** Size of the loss, in words. */
    message: string
  }
  /** An agent has sent a report that its status source does not know. */
  "agent.report": {
    /** Id of the run. */
    runId: string
    /** Kind of the report, as the agent names it. */
    kind: string
    /** The report, shortened if it is long. */
    data: unknown
  }
  /** An agent asks for permission to use a tool. */
  "permission.requested": {
    /** Id of the request. */
    id: string
    /** Name of the tool. */
    toolName: string
    /** Tool and input in one line. */
    summary: string
    /** State of the request. */
    state: PermissionState
    /** Person, rule or profile that decided. */
    decidedBy?: string | null
    /** Message to the agent, or why the request was withdrawn. */
    message?: string | null
    /** Scope of the decision. */
    scope?: PermissionScope | null
    /** Answers to the questions of the agent, by question. */
    answers?: Record<string, string> | null
    /** How the agent continues after its plan is approved. */
    afterPlan?: AfterPlan | null
  }
  /** A permission request was decided, was withdrawn or has expired. */
  "permission.resolved": {
    /** Id of the request. */
    id: string
    /** Name of the tool. */
    toolName: string
    /** Tool and input in one line. */
    summary: string
    /** State of the request. */
    state: PermissionState
    /** Person, rule or profile that decided. */
    decidedBy?: string | null
    /** Message to the agent, or why the request was withdrawn. */
    message?: string | null
    /** Scope of the decision. */
    scope?: PermissionScope | null
    /** Answers to the questions of the agent, by question. */
    answers?: Record<string, string> | null
    /** How the agent continues after its plan is approved. */
    afterPlan?: AfterPlan | null
  }
  /** A rule or a profile decided about a tool before the agent used it. */
  "permission.enforced": {
    /** Id of the run. */
    runId: string
    /** Name of the tool. */
    toolName: string
    /** Id of the tool use. */
    useId?: string | null
    /** Tool and input in one line. */
    summary: string
    /** The decision. */
    decision: ToolDecision
    /** Rule or profile that decided. */
    by: string
    /** Id of the rule. */
    ruleId?: string | null
  }
  /** A permission rule was added. */
  "permission.rule_added": {
    /** Id of the rule. */
    id: string
    /** Scope of the rule. */
    scope: PermissionScope
    /** Id of the project. */
    projectId: string
    /** Decision of the rule. */
    decision: PermissionDecision
    /** Name of the tool. */
    toolName: string
    /** Pattern of the tool uses; null for all of them. */
    pattern?: string | null
    /** The rule in one line. */
    summary: string
    /** Author of the rule. */
    author: string
  }
  /** A permission rule was changed. */
  "permission.rule_changed": {
    /** Id of the rule. */
    id: string
    /** Scope of the rule. */
    scope: PermissionScope
    /** Id of the project. */
    projectId: string
    /** Decision of the rule. */
    decision: PermissionDecision
    /** Name of the tool. */
    toolName: string
    /** Pattern of the tool uses; null for all of them. */
    pattern?: string | null
    /** The rule in one line. */
    summary: string
    /** Author of the rule. */
    author: string
    /** The rule before the change. */
    before?: {
      /** Former decision of the rule. */
      decision: PermissionDecision
      /** The rule in one line. */
      summary: string
    } | null
  }
  /** A permission rule was removed. */
  "permission.rule_removed": {
    /** Id of the rule. */
    id: string
    /** Scope of the rule. */
    scope: PermissionScope
    /** Id of the project. */
    projectId: string
    /** Decision of the rule. */
    decision: PermissionDecision
    /** Name of the tool. */
    toolName: string
    /** Pattern of the tool uses; null for all of them. */
    pattern?: string | null
    /** The rule in one line. */
    summary: string
    /** Author of the rule. */
    author: string
  }
  /** A document of a project has changed. */
  "document.changed": {
    /** Id of the project. */
    projectId: string
    /** Path of the document in the project. */
    path: string
    /** Kind of the change. */
    change: string
    /** Ids of the tasks that refer to the document. */
    taskIds?: string[]
  }
  /** The text of a document reference was lost or was found again. */
  "document.reference": {
    /** Id of the reference. */
    id: string
    /** Path of the document in the project. */
    path: string
    /** Whether the text was lost. */
    stale: boolean
    /** Why the text was lost, in words. */
    problem?: string | null
  }
  /** New or changed documents were given to an agent before a prompt. */
  "document.given": {
    /** Id of the run. */
    runId: string
    /** Id of the message; null for the first prompt of the run. */
    messageId?: string | null
    /** Parts of documents that were given. */
    documents?: {
      /** Id of the reference. */
      referenceId: string
      /** Path of the document in the project. */
      path: string
      /** Heading of the section, as a slug. */
      heading?: string | null
      /** First line, counted from 1. */
      startLine?: number | null
      /** Last line. */
      endLine?: number | null
      /** Version of the document. */
      version?: string | null
      /** Why there was no text to give, in words. */
      problem?: string | null
    }[]
    /** What was left out, one sentence for each part. */
    leftOut?: string[]
  }
  /** The branch and the folder of a task were opened. */
  "vcs.branch": {
    /** Name of the branch. */
    branch: string
    /** Commit that the branch starts from. */
    base: string
  }
  /** Changes of a task were committed to its branch. */
  "vcs.commit": {
    /** Id of the commit. */
    id: string
    /** Message of the commit. */
    message: string
    /** Paths of the changed files in the repository. */
    files?: string[]
  }
  /** Changes of a task depend on another branch and cannot be committed. */
  "vcs.conflict": {
    /** What the conflict is and what to do, in words. */
    message: string
    /** Error code. */
    code?: string | null
    /** Reason of the conflict, for programs (`depends_on_branch`). */
    reason?: string | null
    /** Further facts. */
    details?: Record<string, unknown>
  }
  /** The conflict of a task was resolved. */
  "vcs.resolved": Record<string, never>
  /** Files in a shared folder have changes that belong to no known task. */
  "vcs.unassigned": {
    /** Paths of the files; empty when no such changes are left. */
    paths: string[]
  }
  /** The folder of a closed task was removed, or kept to lose no work. */
  "vcs.closed": {
    /** Why the folder was kept, in words. */
    kept?: string | null
    /** Whether the branch was deleted. */
    branchDeleted?: boolean
    /** Error code, if the folder was kept. */
    code?: string | null
    /** Why it was kept, for programs (`unfinished`, `work_left`). */
    reason?: string | null
    /** Further facts. */
    details?: Record<string, unknown>
  }
  /** A commit or another step of version control has failed; no work was lost. */
  "vcs.error": {
    /** What is wrong and what to do, in words. */
    message: string
    /** Command that has failed (`commit`, `close`). */
    command?: string | null
    /** Error code. */
    code?: string | null
    /** Reason of the error, for programs (`on_another_branch`). */
    reason?: string | null
    /** Further facts. */
    details?: Record<string, unknown>
  }
  /** The host could not carry out a command for a task. */
  "host.error": {
    /** What is wrong and what to do, in words. */
    message: string
    /** Command that has failed (`stop`, `interrupt`, `listen`, …). */
    command: string
    /** Error code. */
    code?: string | null
    /** Reason of the error, for programs. */
    reason?: string | null
    /** Processes that are still running, as id and name. */
    processes?: string[]
    /** Further facts. */
    details?: Record<string, unknown>
  }
  /** The host cannot carry out a command yet and tries again. */
  "host.retry": {
    /** Command that is delayed (`start`, `deliver`, …). */
    command: string
    /** Error code. */
    code: string
    /** Why the command is delayed, in words. */
    message: string
  }
  /** A terminal session of Chorus belongs to no open task and is left running. */
  "host.orphan": {
    /** Id of the task that the session was started for. */
    session: string
    /** Id of the run that the session was started for. */
    runId?: string | null
    /** Name of the session backend. */
    backend: string
  }
  /** A backend of a plugin has failed. */
  "plugin.failed": {
    /** Kind and name of the backend. */
    what: string
    /** What happened, in words. */
    reason: string
    /** Number of failures in a row. */
    failures: number
    /** Whether the backend is switched off for a while. */
    off?: boolean
    /** Name of the plugin. */
    plugin?: string | null
  }
  /** A backend of a plugin works again after failures. */
  "plugin.recovered": {
    /** Kind and name of the backend. */
    what: string
    /** Number of failures before. */
    failures: number
    /** Name of the plugin. */
    plugin?: string | null
  }
}

export type EventKind = keyof EventData

/** What can be read of the data of a kind: an event of another version may lack any of it. */
export type DataOf<Kind extends EventKind> = Partial<EventData[Kind]>

/** An event of a known kind with its data. */
export type KnownEvent<Kind extends EventKind = EventKind> = {
  [Each in Kind]: { kind: Each; data: DataOf<Each> }
}[Kind]
