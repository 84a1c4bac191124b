/**
 * An agent that uses real tools and records its work. Its language model is scripted, so it runs
 * without an account. The files, processes, HTTP requests and failures are real.
 *
 *     npm run ts -- examples/agent/agent.ts [FOLDER] [--speed N] [--save FILE]
 *
 * The same file is the sub-agent: `agent.ts sub FILE`, in another process.
 */
import { parseArgs } from 'node:util'
import { EventRecorder } from '@wattline/recorder'
import { researcher } from './researcher.ts'
import { summarizer } from './summarizer.ts'
import { startCatalog } from './catalog.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    speed: { type: 'string', default: '1' },
    save: { type: 'string' },
  },
})
const speed = Number(values.speed)
const [first = '.', second] = positionals

if (first === 'sub' && second !== undefined) {
  // The parent set the server, the run and the parent span with recorder.env().
  const recorder = new EventRecorder({ name: 'summarizer', file: values.save })
  const summary = await summarizer(recorder, second, speed)
  await recorder.close()
  process.stdout.write(JSON.stringify(summary))
} else {
  const recorder = new EventRecorder({ name: 'researcher', file: values.save })
  if (recorder.url === undefined && values.save === undefined) {
    console.error(
      'Nothing is recorded: set WATTLINE_URL=http://127.0.0.1:9288, or add --save run.jsonl',
    )
  }
  const catalog = await startCatalog()
  const task = { folder: first, speed, save: values.save }
  try {
    console.log(await researcher(recorder, { ...task, catalogUrl: catalog.url }))
  } finally {
    await catalog.close()
    const report = await recorder.close()
    console.error(`${report.recorded} events recorded`)
  }
}
