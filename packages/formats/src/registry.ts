/**
 * The formats that are read, in the order in which they are tried: of two that could match, the more
 * specific one comes first. A new format is a row here, a reader, an example and a test.
 */
import {
  isAdk,
  isAtif,
  isClaudeCode,
  isCodex,
  isCopilotCli,
  isGeminiCli,
  isKimi,
  isManagedAgents,
  isOpenCode,
  isOpenHands,
  isOpenJarvis,
  isPi,
  isQwenCode,
} from './agents/detect.ts'
import {
  isChromeTrace,
  isInspect,
  isJaeger,
  isLangfuse,
  isLangSmith,
  isOtlp,
  isSpanDump,
} from './frameworks/detect.ts'
import { at, isFields, listOf, textOf } from './read/fields.ts'
import type { Format, RefusedFormat } from './read/format.ts'

export const FORMATS: readonly Format[] = [
  {
    id: 'inspect',
    name: 'Inspect AI log',
    detect: ({ entries }) => isInspect(entries),
    load: async () => (await import('./frameworks/inspect.ts')).inspectReader,
    zip: true,
    example: 'frameworks/inspect.example.eval',
  },
  {
    id: 'chrome-trace',
    name: 'Chrome trace',
    detect: ({ records, isArray }) => records.some((one) => isChromeTrace(one, isArray)),
    load: async () => (await import('./frameworks/chrome-trace.ts')).chromeTraceReader,
    arrays: ['traceEvents'],
    example: 'frameworks/chrome-trace.example.json',
  },
  {
    id: 'otlp',
    name: 'OpenTelemetry traces (OTLP JSON)',
    detect: ({ records }) => isOtlp(records),
    load: async () => (await import('./frameworks/otlp.ts')).otlpReader,
    arrays: ['resourceSpans', 'resource_spans'],
    wholeLines: true,
    example: 'frameworks/otlp.example.jsonl',
  },
  {
    id: 'jaeger',
    name: 'Jaeger traces',
    detect: ({ records }) => records.some(isJaeger),
    load: async () => (await import('./frameworks/jaeger.ts')).jaegerReader,
    example: 'frameworks/jaeger.example.json',
  },
  {
    id: 'langfuse',
    name: 'Langfuse trace',
    detect: ({ records }) => records.some(isLangfuse),
    load: async () => (await import('./frameworks/langfuse.ts')).langfuseReader,
    example: 'frameworks/langfuse.example.json',
  },
  {
    id: 'span-dump',
    name: 'dump of spans',
    detect: ({ records }) => records.some(isSpanDump),
    load: async () => (await import('./frameworks/span-dumps.ts')).spanDumpsReader,
    exactNumbers: true,
    example: 'frameworks/span-dumps.example.jsonl',
  },
  {
    id: 'gemini-cli',
    name: 'Gemini CLI session',
    detect: ({ records }) => records.some(isGeminiCli),
    load: async () => (await import('./agents/gemini-cli.ts')).geminiCliReader,
    example: 'agents/gemini-cli.example.jsonl',
  },
  {
    id: 'managed-agents',
    name: 'session of managed agents',
    detect: ({ records }) => records.some(isManagedAgents),
    load: async () => (await import('./agents/managed-agents.ts')).managedAgentsReader,
    example: 'agents/managed-agents.example.jsonl',
  },
  {
    id: 'adk',
    name: 'ADK session',
    detect: ({ records }) => records.some(isAdk),
    load: async () => (await import('./agents/adk.ts')).adkReader,
    example: 'agents/adk.example.json',
  },
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
    id: 'kimi',
    name: 'Kimi Code journal',
    detect: ({ records }) => records.some(isKimi),
    load: async () => (await import('./agents/kimi.ts')).kimiReader,
    example: 'agents/kimi.example.jsonl',
  },
  {
    id: 'langsmith',
    name: 'LangSmith run log',
    detect: ({ records }) => records.some(isLangSmith),
    load: async () => (await import('./frameworks/langsmith.ts')).langSmithReader,
    example: 'frameworks/langsmith.example.jsonl',
  },
  {
    id: 'openhands',
    name: 'OpenHands log',
    detect: ({ records }) => records.some(isOpenHands),
    load: async () => (await import('./agents/openhands.ts')).openHandsReader,
    example: 'agents/openhands.example.jsonl',
  },
  {
    id: 'pi',
    name: 'pi session',
    detect: ({ records }) => records.some(isPi),
    load: async () => (await import('./agents/pi.ts')).piReader,
    example: 'agents/pi.example.jsonl',
  },
  {
    id: 'qwen-code',
    name: 'Qwen Code session',
    detect: ({ records }) => records.some(isQwenCode),
    load: async () => (await import('./agents/qwen-code.ts')).qwenCodeReader,
    example: 'agents/qwen-code.example.jsonl',
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
    id: 'atif',
    name: 'ATIF trajectory',
    detect: ({ records }) => records.some(isAtif),
    load: async () => (await import('./agents/atif.ts')).atifReader,
    example: 'agents/atif.example.json',
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
