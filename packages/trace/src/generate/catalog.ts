/** The models, tools, errors and names of generated runs. */
import type { Metadata } from '../line/event.ts'
import type { Random } from './random.ts'

export interface Model {
  /** As it is written in events. */
  readonly name: string
  /** Whether it runs on the GPU of the power samples. */
  readonly local: boolean
  readonly prefillTokensPerS: number
  readonly decodeTokensPerS: number
  readonly usdPerMInput: number
  readonly usdPerMOutput: number
}

export const MODELS: readonly [Model, ...Model[]] = [
  model(
    "OpenAIChat(id='Qwen/Qwen3-8B', provider='OpenAI', base_url='http://gpu0:8000/v1')",
    9_000,
    78,
  ),
  model('claude-sonnet-4-5', 6_500, 64, 3, 15),
  model('gpt-5-mini', 8_000, 95, 0.25, 2),
  model('meta-llama/Llama-3.3-70B-Instruct', 2_400, 31),
  model('gemini-2.5-flash', 12_000, 160, 0.3, 2.5),
]

/** The small model that a tool calls. */
export const SUBMODEL: Model = model('Qwen/Qwen3-0.6B', 20_000, 210)

/** A model without prices runs on the local GPU. */
function model(name: string, prefill: number, decode: number, input = 0, output = 0): Model {
  return {
    name,
    local: input === 0,
    prefillTokensPerS: prefill,
    decodeTokensPerS: decode,
    usdPerMInput: input,
    usdPerMOutput: output,
  }
}

export interface Tool {
  readonly name: string
  readonly medianS: number
  /** Sigma of the log-normal distribution: 0.3 is steady, 1 has a long tail. */
  readonly spread: number
  /** CPU cores that it uses. */
  readonly cores: number
  readonly args: (random: Random) => Metadata
  readonly errors: readonly [string, ...string[]]
}

const PATHS = [
  'src/auth/session.py',
  'src/billing/invoice.py',
  'src/api/routes/orders.ts',
  'tests/test_invoice.py',
  'docs/adr/0007-queues.md',
  'infra/helm/values.yaml',
  'src/search/ranker.py',
] as const

const QUESTIONS = [
  'postgres advisory lock deadlock timeout',
  'rate limits of the billing API, 2026',
  'python 3.13 free-threaded queue performance',
  'median household electricity use by country',
  'why does a JIT deoptimise on a shape change',
] as const

const MISSING_FILE = "FileNotFoundError: [Errno 2] No such file or directory: 'src/auth/sesion.py'"

export const READ_FILE: Tool = {
  name: 'read_file',
  medianS: 0.009,
  spread: 0.9,
  cores: 0.5,
  args: (random) => ({ path: random.pick(PATHS) }),
  errors: [MISSING_FILE, 'PermissionError: [Errno 13] Permission denied: infra/secrets.yaml'],
}

export const GREP: Tool = {
  name: 'grep',
  medianS: 0.06,
  spread: 0.8,
  cores: 1,
  args: (random) => ({
    pattern: random.pick(['def total', 'TODAY', 'class .*Error']),
    path: 'src',
  }),
  errors: ['grep: Unmatched [, [^, [:, [., or [='],
}

export const TOOLS: readonly [Tool, ...Tool[]] = [
  READ_FILE,
  GREP,
  {
    name: 'web_search',
    medianS: 0.9,
    spread: 0.6,
    cores: 0.05,
    args: (random) => ({ query: random.pick(QUESTIONS), max_results: random.int(3, 10) }),
    errors: ['HTTP 503 from the search backend after 3 tries', 'ReadTimeout: no answer in 10.0 s'],
  },
  {
    name: 'edit_file',
    medianS: 0.018,
    spread: 0.5,
    cores: 0.5,
    args: (random) => ({ path: random.pick(PATHS), lines: random.int(1, 60) }),
    errors: ['old_string was not found in the file (0 matches)'],
  },
  {
    name: 'run_tests',
    medianS: 6.5,
    spread: 0.7,
    cores: 3,
    args: (random) => ({ command: `pytest -q ${random.pick(['tests', 'tests/test_invoice.py'])}` }),
    errors: [
      'exit code 1: 3 failed, 214 passed in 8.41s',
      'exit code 2: ImportError while importing test module tests/test_invoice.py',
    ],
  },
  {
    name: 'python',
    medianS: 0.7,
    spread: 1,
    cores: 1,
    args: (random) => ({ code: `df.groupby('region').total.${random.pick(['sum', 'median'])}()` }),
    errors: ["KeyError: 'region'", 'ZeroDivisionError: division by zero'],
  },
  {
    name: 'sql_query',
    medianS: 0.14,
    spread: 1,
    cores: 0.2,
    args: (random) => ({
      query: `select region, sum(total) from orders where day > ${random.int(1, 28)} group by 1`,
    }),
    errors: ['column "customer_id" does not exist', 'canceling statement due to statement timeout'],
  },
]

export interface ModelError {
  readonly errorClass: string
  readonly errorType: string
  readonly text: string
}

export const MODEL_ERRORS: readonly [ModelError, ...ModelError[]] = [
  {
    errorClass: 'rate_limit',
    errorType: 'RateLimitError',
    text: '429 Too Many Requests: limit of 200000 tokens a minute, used 196412, requested 8120',
  },
  {
    errorClass: 'overloaded',
    errorType: 'InternalServerError',
    text: '529 overloaded_error: the model is overloaded, try again later',
  },
  {
    errorClass: 'timeout',
    errorType: 'APITimeoutError',
    text: 'Request timed out: no first token within 30.0 s',
  },
]

const AGENTS = ['planner', 'researcher', 'coder', 'reviewer', 'analyst', 'writer'] as const

/** `planner`, `researcher` …, then `planner-2` … */
export function agentName(index: number): string {
  const round = Math.floor(index / AGENTS.length)
  const name = AGENTS[index % AGENTS.length] ?? AGENTS[0]
  return round === 0 ? name : `${name}-${round + 1}`
}

/** Reasons for waiting, with typical times. */
export const WAITS: readonly [Wait, ...Wait[]] = [
  { for: 'permission', medianS: 3.5, reason: 'edit_file outside of the workspace' },
  { for: 'human', medianS: 14, reason: 'Which of the two invoices is the right one?' },
  { for: 'queue', medianS: 0.6, reason: 'a free slot of the inference server' },
]

export interface Wait {
  readonly for: 'permission' | 'human' | 'queue'
  readonly medianS: number
  readonly reason: string
}
