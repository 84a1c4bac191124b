/** The models, tools, errors and names of generated runs. */
import type { Metadata } from '../line/event.ts'
import type { Random } from './random.ts'

export interface Model {
  /** As it is written in events. */
  readonly name: string
  readonly prefillTokensPerS: number
  readonly decodeTokensPerS: number
  /** Runs elsewhere for money, not on the GPU of the power samples. */
  readonly cloud?: true
}

const QWEN = "OpenAIChat(id='Qwen/Qwen3-8B', provider='OpenAI', base_url='http://gpu0:8000/v1')"

export const MODELS: readonly Model[] = [
  { name: QWEN, prefillTokensPerS: 9_000, decodeTokensPerS: 78 },
  { name: 'claude-sonnet-4-5', prefillTokensPerS: 6_500, decodeTokensPerS: 64, cloud: true },
  { name: 'gpt-5-mini', prefillTokensPerS: 8_000, decodeTokensPerS: 95, cloud: true },
  { name: 'meta-llama/Llama-3.3-70B-Instruct', prefillTokensPerS: 2_400, decodeTokensPerS: 31 },
  { name: 'gemini-2.5-flash', prefillTokensPerS: 12_000, decodeTokensPerS: 160, cloud: true },
]

/** The small model that a tool calls. */
export const SUBMODEL: Model = {
  name: 'Qwen/Qwen3-0.6B',
  prefillTokensPerS: 20_000,
  decodeTokensPerS: 210,
}

export interface Tool {
  readonly name: string
  readonly medianS: number
  readonly args: (random: Random) => Metadata
  readonly error: string
}

const PATHS = ['src/auth/session.py', 'src/api/routes/orders.ts', 'tests/test_invoice.py']

const QUESTIONS = [
  'postgres advisory lock deadlock timeout',
  'python 3.13 free-threaded queue performance',
  'why does a JIT deoptimise on a shape change',
]

export const TOOLS: readonly Tool[] = [
  {
    name: 'read_file',
    medianS: 0.009,
    args: (random) => ({ path: random.pick(PATHS) }),
    error: "FileNotFoundError: [Errno 2] No such file or directory: 'src/auth/sesion.py'",
  },
  {
    name: 'grep',
    medianS: 0.06,
    args: (random) => ({ pattern: random.pick(['def total', 'TODAY', 'class .*Error']) }),
    error: 'grep: Unmatched [, [^, [:, [., or [=',
  },
  {
    name: 'web_search',
    medianS: 0.9,
    args: (random) => ({ query: random.pick(QUESTIONS), max_results: random.int(3, 10) }),
    error: 'HTTP 503 from the search backend after 3 tries',
  },
  {
    name: 'edit_file',
    medianS: 0.018,
    args: (random) => ({ path: random.pick(PATHS), lines: random.int(1, 60) }),
    error: 'old_string was not found in the file (0 matches)',
  },
  {
    name: 'run_tests',
    medianS: 6.5,
    args: (random) => ({ command: `pytest -q ${random.pick(['tests', 'tests/test_invoice.py'])}` }),
    error: 'exit code 1: 3 failed, 214 passed in 8.41s',
  },
  {
    name: 'python',
    medianS: 0.7,
    args: (random) => ({ code: `df.groupby('region').total.${random.pick(['sum', 'median'])}()` }),
    error: 'ZeroDivisionError: division by zero',
  },
  {
    name: 'sql_query',
    medianS: 0.14,
    args: (random) => ({
      query: `select region, sum(total) from orders where day > ${random.int(1, 28)} group by 1`,
    }),
    error: 'canceling statement due to statement timeout',
  },
]

/** The class, type and text of errors of model calls. */
export const MODEL_ERRORS = [
  [
    'rate_limit',
    'RateLimitError',
    '429 Too Many Requests: limit of 200000 tokens a minute, used 196412, requested 8120',
  ],
  [
    'overloaded',
    'InternalServerError',
    '529 overloaded_error: the model is overloaded, try again later',
  ],
  ['timeout', 'APITimeoutError', 'Request timed out: no first token within 30.0 s'],
] as const

/** Reasons for waiting, with typical times. */
export const WAITS = [
  { for: 'permission', medianS: 3.5, reason: 'edit_file outside of the workspace' },
  { for: 'human', medianS: 14, reason: 'Which of the two invoices is the right one?' },
  { for: 'queue', medianS: 0.6, reason: 'a free slot of the inference server' },
] as const

const AGENTS = ['planner', 'researcher', 'coder', 'reviewer', 'analyst', 'writer']

/** `planner`, `researcher` …, then `planner-2` … */
export function agentName(index: number): string {
  const round = Math.floor(index / AGENTS.length)
  const name = AGENTS[index % AGENTS.length]!
  return round === 0 ? name : `${name}-${round + 1}`
}
