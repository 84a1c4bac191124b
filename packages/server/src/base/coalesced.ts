/** Runs `task` once at a time. Calls while it runs share one further run. */
export function coalesced(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let isDue = false
  const runWhileDue = async () => {
    for (; isDue; await task()) isDue = false
  }
  return () => {
    isDue = true
    running ??= runWhileDue().finally(() => {
      running = undefined
    })
    return running
  }
}
