/**
 * A scripted language model: it returns a given text token by token, at the speed of a real model.
 * It is recorded like a real one: an inference that contains prefill (until the first token) and
 * decode, with the tokens used.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventRecorder } from '@wattline/recorder'

const PREFILL_MS_PER_TOKEN = 0.6
const DECODE_MS_PER_TOKEN = 22
const USD_PER_INPUT_TOKEN = 3e-6
const USD_PER_OUTPUT_TOKEN = 15e-6

export class ScriptedModel {
  readonly #recorder: EventRecorder
  readonly #speed: number
  readonly #model: string

  constructor(recorder: EventRecorder, model: string, speed: number) {
    this.#recorder = recorder
    this.#model = model
    this.#speed = speed
  }

  /** Waits as long as a model would for `prompt`, then returns `script`. */
  complete(prompt: string, script: string): Promise<string> {
    return this.#recorder.span('lm_inference', { model: this.#model }, async (span) => {
      const inputTokens = Math.ceil(prompt.length / 4)
      await this.#recorder.span('prefill', () => this.#wait(inputTokens * PREFILL_MS_PER_TOKEN))
      const tokens = script.match(/\S+\s*/g) ?? []
      const answer = await this.#recorder.span('decode', async () => {
        let text = ''
        for (const token of tokens) {
          await this.#wait(DECODE_MS_PER_TOKEN)
          text += token
        }
        return text
      })
      span.add({
        input_tokens: inputTokens,
        output_tokens: tokens.length,
        cost_usd: inputTokens * USD_PER_INPUT_TOKEN + tokens.length * USD_PER_OUTPUT_TOKEN,
      })
      return answer
    })
  }

  async #wait(ms: number): Promise<void> {
    await sleep(ms / this.#speed)
  }
}
