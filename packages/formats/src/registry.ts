/**
 * The formats that are read, in the order in which they are tried: of two that could match, the more
 * specific one comes first. A new format is a row here, a reader, an example and a test.
 */
import { isClaudeCode, isCodex, isCopilotCli, isOpenCode, isOpenJarvis } from './agents/detect.ts'
import { isLangSmith, isOtlp } from './frameworks/detect.ts'
import { at, isFields, listOf, textOf } from './read/fields.ts'
import type { Format, RefusedFormat } from './read/format.ts'

export const FORMATS: readonly Format[] = [
  {
    id: 'opencode',
    name: 'OpenCode event log',
    detect: ({ records }) => records.some(isOpenCode),
    load: async () => (await import('./agents/opencode.ts')).openCodeReader,
    example: 'agents/opencode.example.jsonl',
  },
  {
    id: 'copilot-cli',
    name: 'Copilot CLI session',
    detect: ({ records }) => records.some(isCopilotCli),
    load: async () => (await import('./agents/copilot-cli.ts')).copilotCliReader,
    example: 'agents/copilot-cli.example.jsonl',
  },
  {
    id: 'codex',
    name: 'Codex session',
    detect: ({ records }) => records.some(isCodex),
    isPart: ({ records }) => textOf(at(records[0], 'payload', 'parent_thread_id')) !== undefined,
    load: async () => (await import('./agents/codex.ts')).codexReader,
    example: 'agents/codex.example.jsonl',
  },
  {
    id: 'langsmith',
    name: 'LangSmith run log',
    detect: ({ records }) => records.some(isLangSmith),
    load: async () => (await import('./frameworks/langsmith.ts')).langSmithReader,
    example: 'frameworks/langsmith.example.jsonl',
  },
  {
    id: 'claude-code',
    name: 'Claude Code session',
    detect: ({ records }) => records.some(isClaudeCode),
    isPart: ({ records }) => records.some((one) => textOf(at(one, 'agentId')) !== undefined),
    load: async () => (await import('./agents/claude-code.ts')).claudeCodeReader,
    example: 'agents/claude-code.example.jsonl',
  },
  {
    id: 'otlp',
    name: 'OpenTelemetry traces (OTLP JSON)',
    detect: ({ records }) => isOtlp(records),
    load: async () => (await import('./frameworks/otlp.ts')).otlpReader,
    arrays: ['resourceSpans', 'resource_spans'],
    exactNumbers: true,
    example: 'frameworks/otlp.example.jsonl',
  },
  {
    id: 'openjarvis',
    name: 'OpenJarvis bus log',
    detect: ({ records }) => records.some(isOpenJarvis),
    load: async () => (await import('./agents/openjarvis.ts')).openJarvisReader,
    example: 'agents/openjarvis.example.jsonl',
  },
]

/** What has no timeline, or is no text. */
export const REFUSED: Readonly<Record<'sqlite' | 'sweAgent' | 'arrivals', RefusedFormat>> = {
  sqlite: {
    name: 'an SQLite database',
    // Recognized by its header.
    detect: () => false,
    reason: 'Wattline reads JSON logs; export the sessions in it as JSON',
  },
  sweAgent: {
    name: 'a trajectory of SWE-agent',
    detect: ({ records }) =>
      records.some((one) => {
        const [step] = listOf(at(one, 'trajectory'))
        return isFields(step) && 'action' in step && 'execution_time' in step
      }),
    reason:
      'its steps have a duration (execution_time) but no time of day, so there is no timeline',
  },
  arrivals: {
    name: 'a trace of request arrivals',
    detect: ({ records }) =>
      records.some(
        (one) =>
          isFields(one) && 'timestamp' in one && 'input_length' in one && 'output_length' in one,
      ),
    reason:
      'it has timestamp, input_length and output_length but no durations, so there is no timeline',
  },
}
