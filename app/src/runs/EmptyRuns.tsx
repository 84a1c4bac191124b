/** Shown while there are no runs: samples to open, and three ways to record a run. */
import { useEffect, useState } from 'react'
import { useApp } from '../page/app.tsx'
import { enterRun } from '../store/run-transitions.ts'
import { Button } from '../ui/Button.tsx'
import { CopyButton } from '../ui/CopyButton.tsx'
import { PlayIcon } from '../ui/icons.tsx'
import { useAttempt } from '../ui/use-attempt.tsx'
import { fetchSample, listSamples, type Sample } from '../page/server-api.ts'

const NPX = 'npx wattline run.jsonl'

function typeScript(base: string): string {
  return `import { EventRecorder } from '@wattline/recorder'

const recorder = new EventRecorder({
  url: '${base}',
})
await recorder.span('tool_call', { tool: 'search' }, () =>
  search('batteries'),
)
await recorder.close()`
}

function python(base: string): string {
  return `import json, time, urllib.request

URL = "${base}/api/runs/my-run/events"

def record(event_type, **metadata):
    event = {"event_type": event_type,
             "timestamp": time.time(),
             "metadata": metadata}
    line = json.dumps(event) + "\\n"
    urllib.request.urlopen(URL, line.encode())

record("tool_call_start", tool="search")
record("tool_call_end", tool="search")`
}

export function EmptyRuns() {
  const { base } = useApp()
  const address = base.replace(/\/$/, '')
  return (
    <div className="empty">
      <h1>No runs yet</h1>
      <p className="lead">
        Record your agents and watch them work. A run appears here with its first event.
      </p>
      <Samples />
      <h2 className="empty-head">Record your own</h2>
      <div className="ways">
        <Way title="From TypeScript" code={typeScript(address)} />
        <Way title="From Python, or any language that can POST" code={python(address)} />
        <Way title="From a saved log" code={NPX}>
          Or drop <code>.jsonl</code> files anywhere on this page. One file opens immediately,
          several become a list.
        </Way>
      </div>
    </div>
  )
}

interface WayProps {
  readonly title: string
  readonly code: string
  readonly children?: React.ReactNode
}

function Way({ title, code, children }: WayProps) {
  return (
    <section className="way">
      <header>
        <h3>{title}</h3>
        <CopyButton label={`Copy: ${title}`} text={code} />
      </header>
      <pre tabIndex={0} aria-label={title}>
        <code>{code}</code>
      </pre>
      {children !== undefined && <p className="muted">{children}</p>}
    </section>
  )
}

function Samples() {
  const { base, files, store } = useApp()
  const [samples, setSamples] = useState<readonly Sample[]>([])
  const { failure, attempt } = useAttempt()
  useEffect(() => {
    const abort = new AbortController()
    // A page without samples shows none.
    listSamples(base, abort.signal).then(setSamples, () => undefined)
    return () => abort.abort()
  }, [base])

  const open = async (sample: Sample): Promise<void> => {
    const [id] = files.add([await fetchSample(base, sample)])
    store.update(enterRun, id)
  }
  if (samples.length === 0) return undefined
  return (
    <>
      <h2 className="empty-head">Open a sample</h2>
      <div className="samples">
        {samples.map((sample) => (
          <Button
            key={sample.file}
            className="sample"
            onClick={() => void attempt(() => open(sample))}
          >
            <PlayIcon size={18} />
            <span>
              <strong>{sample.name}</strong>
              <span className="muted">{sample.about}</span>
            </span>
          </Button>
        ))}
      </div>
      {failure}
    </>
  )
}
