/** A log with power samples, for tests of energy. */
import { encodeSample } from '@wattline/trace'
import { logText, T0 } from './log.ts'

/** A model call of 4 s, a tool call of 4 s, 1 s without a span, and a turn of 1 s. */
export const POWERED_EVENTS = logText([
  ['lm_inference', 0, 4, { model: 'qwen' }, { total_tokens: 50 }],
  ['tool_call', 4, 8, { tool: 'grep' }],
  ['turn', 9, 10, { turn_idx: 1 }],
])

/** Lines with a sample of 100 W every half second. Times count from `clockS`, Unix seconds. */
export function powerSamples(fromS = 0, untilS = 10, clockS = T0): string {
  const count = (untilS - fromS) * 2 + 1
  return Array.from({ length: count }, (_, at) => {
    const timestamp = clockS + fromS + at / 2
    return `${encodeSample({ timestamp, reading: { power_watts: 100 }, source: 'box/gpu0' })}\n`
  }).join('')
}
