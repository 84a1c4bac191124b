/** HTTP requests that fail when the server is silent. */

/** The longest wait for the head of a response, and for each part of its body. */
export const REQUEST_MS = 10_000

/** `fetch` that rejects, as its body does, when nothing arrives for `silentMs`. */
export async function request(
  url: URL,
  init: RequestInit = {},
  silentMs = REQUEST_MS,
): Promise<Response> {
  const silence = new AbortController()
  let fail = (reason: DOMException): void => silence.abort(reason)
  const startTimer = () =>
    setTimeout(() => {
      const text = `The server has not answered for ${silentMs / 1000} s.`
      fail(new DOMException(text, 'TimeoutError'))
    }, silentMs)
  let timer = startTimer()
  const signals = [silence.signal, init.signal].filter((signal) => signal instanceof AbortSignal)
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.any(signals) })
    if (response.body === null) {
      clearTimeout(timer)
      return response
    }
    const parts = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      start(controller) {
        fail = (reason) => {
          controller.error(reason)
          silence.abort(reason)
        }
      },
      transform(part, controller) {
        clearTimeout(timer)
        timer = startTimer()
        controller.enqueue(part)
      },
      flush: () => clearTimeout(timer),
    })
    return new Response(response.body.pipeThrough(parts), response)
  } catch (error) {
    clearTimeout(timer)
    throw error
  }
}
