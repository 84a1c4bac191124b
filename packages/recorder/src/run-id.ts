/** Names for runs that a person can tell apart, say aloud and sort. */
import { randomHex } from './random.ts'

const ADJECTIVES =
  'able amber brave bright calm clear clever cosy crisp eager early fair fleet fresh gentle glad golden happy hardy keen kind light lively lucky mellow merry mild neat nimble noble patient proud quick quiet ready sharp shiny silver smart snug solid steady still sunny swift tidy true vivid warm wise witty'.split(
    ' ',
  )
const ANIMALS =
  'ant badger bat bear bee bison crane crow deer dove duck eagle egret elk falcon ferret finch fox frog gecko goose hare hawk hedgehog heron horse ibex jay kestrel koala lark lemur lynx magpie marten mole moose newt orca otter owl panda puffin quail raven robin salmon seal sparrow squirrel stork swan swift tern toad trout vole whale wolf wren yak'.split(
    ' ',
  )

/**
 * A readable, unique run id: two words, month, day and time (UTC), four random digits.
 *
 * @example newRunId() // 'brave-otter-1124-031822-7f3a'
 */
export function newRunId(now: Date = new Date()): string {
  const [month, day, hour, minute, second] = [
    now.getUTCMonth() + 1,
    now.getUTCDate(),
    now.getUTCHours(),
    now.getUTCMinutes(),
    now.getUTCSeconds(),
  ].map((part) => String(part).padStart(2, '0'))
  const random = randomHex(4)
  const adjective = pick(ADJECTIVES, Number.parseInt(random.slice(4, 6), 16))
  const animal = pick(ANIMALS, Number.parseInt(random.slice(6, 8), 16))
  return `${adjective}-${animal}-${month}${day}-${hour}${minute}${second}-${random.slice(0, 4)}`
}

function pick(words: readonly string[], n: number): string {
  return words[n % words.length] as string
}
