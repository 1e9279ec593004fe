/** All shortcuts, for the help page. The ones with a single key can be switched off there. */

export type Shortcut = { keys: string[]; does: string }

export const SHORTCUTS: { where: string; shortcuts: Shortcut[] }[] = [
  {
    where: "Everywhere",
    shortcuts: [
      { keys: ["Ctrl", "K"], does: "Command palette: go to a task, a page, do something" },
      { keys: ["n"], does: "New task" },
      { keys: ["g", "t"], does: "Go to the tasks" },
      { keys: ["g", "i"], does: "Go to the inbox" },
      { keys: ["g", "d"], does: "Go to the documents" },
      { keys: ["g", "s"], does: "Go to the system page" },
      { keys: ["?"], does: "This help" },
    ],
  },
  {
    where: "Inbox",
    shortcuts: [
      { keys: ["j"], does: "Next request" },
      { keys: ["k"], does: "Previous request" },
      { keys: ["a"], does: "Allow once, or approve a plan" },
      { keys: ["s"], does: "Allow for this session" },
      { keys: ["d"], does: "Deny, with a message" },
      { keys: ["x"], does: "Select for a common answer" },
      { keys: ["o"], does: "Open the task" },
    ],
  },
  {
    where: "Tasks",
    shortcuts: [
      { keys: ["/"], does: "Search" },
      { keys: ["v"], does: "Board or list" },
    ],
  },
  {
    where: "Task",
    shortcuts: [
      { keys: ["1"], does: "to 6: timeline, terminal, changes, commits, documents, details" },
      { keys: ["m"], does: "Write a message" },
      { keys: ["a"], does: "Allow the oldest request once" },
    ],
  },
  {
    where: "Terminal",
    shortcuts: [
      { keys: ["Ctrl", "Shift", "E"], does: "Leave the terminal" },
      { keys: ["Ctrl", "Shift", "C"], does: "Copy the selection" },
      { keys: ["Ctrl", "Shift", "F"], does: "Search in the terminal" },
    ],
  },
  {
    where: "Changes",
    shortcuts: [
      { keys: ["↑"], does: "and ↓ on a line's comment button: go from line to line" },
      { keys: ["Ctrl", "Enter"], does: "Keep the comment" },
    ],
  },
]
