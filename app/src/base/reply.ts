/** Refusals of the server. */
import { isRecord } from './json.ts'

/** The server answered, and did not do it. The message is its reason. */
export class RefusalError extends Error {}

/** The `error` of the server's reply (see `ErrorReply`). */
export async function reasonOf(response: Response): Promise<string> {
  const text = await response.text()
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value) && typeof value['error'] === 'string') return value['error']
  } catch {
    // Not JSON: a proxy answered. The status is enough.
  }
  return `The server answered ${response.status}.`
}
