/** Downloads the run's spans as JSON lines, as printed by `wattline spans --json`. */
import { wholeBefore } from '@wattline/trace'
import type { App } from './app.tsx'

/** Rejects with an error whose message can be shown to the user. */
export async function downloadSpans({
  ingest,
  store,
}: Pick<App, 'ingest' | 'store'>): Promise<void> {
  const records = await ingest.ask('records', {})
  const { run, runId } = store.getState()
  const url = URL.createObjectURL(new Blob([records], { type: 'application/x-ndjson' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${fileName(run?.name ?? runId ?? 'run')}.spans.jsonl`
  link.click()
  URL.revokeObjectURL(url)
}

/** A name that is valid in all file systems. */
function fileName(name: string): string {
  const safe = name.replace(/[^\p{L}\p{N}._-]+/gu, '-')
  return safe.slice(0, wholeBefore(safe, 80)) || 'run'
}
