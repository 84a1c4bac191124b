/** The page's "Download spans" and `wattline spans --json` give the same lines for the same log. */
import { expect, test } from 'vitest'
import { Ingestor } from '../app/src/worker/ingestor.ts'
import { spanRecords } from '../app/src/worker/answers/records.ts'
import { runCommand } from '../packages/server/src/cli/testing/command.ts'
import { generateRun } from '../packages/trace/src/generate/generate.ts'
import { encodeEvent } from '../packages/trace/src/index.ts'

async function downloaded(log: string, groupBy: string): Promise<string> {
  const bytes = new TextEncoder().encode(log)
  const ingestor = new Ingestor(groupBy)
  ingestor.push(bytes)
  ingestor.finish()
  ingestor.flush()
  return spanRecords(
    {
      trace: ingestor.trace,
      groupOf: (span) => ingestor.groupOf(span),
      readRaw: async (position) => bytes.subarray(position, bytes.indexOf(10, position)),
    },
    {},
  )
}

async function printed(log: string, groupBy: string): Promise<string> {
  return (await runCommand(['spans', '--json', '--group', groupBy, '-'], { stdin: log })).stdout
}

function lineOf(event_type: string, timestamp: number, metadata: object): string {
  return `${JSON.stringify({ event_type, timestamp, metadata })}\n`
}

/** Spans without a tool below one with a tool, with unusual metadata keys and values. */
const NESTED = [
  lineOf('agent_start', 1, { span_id: 'a', agent_name: 'planner', team: 'red' }),
  lineOf('tool_call_start', 2, { span_id: 'b', parent_id: 'a', tool_name: 'grep' }),
  lineOf('lm_inference_start', 3, { span_id: 'c', parent_id: 'b', team: { nested: 1 } }),
  lineOf('lm_inference_end', 4, { span_id: 'c', model: 'served', team: 'blue' }),
  lineOf('tool_call_end', 5, { span_id: 'b', tool: 'rg' }),
  lineOf('turn_start', 6, { span_id: 'd', parent_id: 'a', team: 7, tool: '' }),
].join('')

const logs: readonly (readonly [name: string, log: string])[] = [
  ['nested spans', NESTED],
  ...[1, 2, 3].map((seed) => {
    const lines = [...generateRun({ seed, spans: 300, ids: seed !== 2 })]
    const events = lines.filter((line) => 'event_type' in line)
    return [`generated run ${seed}`, events.map((event) => encodeEvent(event)).join('\n')] as const
  }),
]

test.each(logs)(
  'page and command give the same spans under every group key: %s',
  async (_name, log) => {
    for (const key of ['agent', 'kind', 'tool', 'model', 'team', 'turn_idx', 'constructor']) {
      const [page, command] = [await downloaded(`${log}\n`, key), await printed(`${log}\n`, key)]
      expect(page.split('\n')).toEqual(command.split('\n'))
      expect(page).not.toBe('')
    }
  },
)

test('the command prints the inherited tool, or null if no ancestor has one', async () => {
  const groups = (await printed(NESTED, 'tool'))
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { group: string | null }).group)
  expect(groups).toEqual([null, 'grep', 'grep', null])
})
