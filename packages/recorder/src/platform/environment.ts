/**
 * Reads the variables a process inherits, and makes those for its children, so that a child's spans
 * nest under the span that started it.
 */

export type Environment = { readonly [name: string]: string | undefined }

export interface Inherited {
  readonly url: string | undefined
  readonly run: string | undefined
  readonly token: string | undefined
  /** The parent of this process's root spans. */
  readonly parentId: string | undefined
  /** W3C trace id, 32 hex digits. */
  readonly traceId: string | undefined
}

/** version-traceid-parentid-flags; https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}/

/** Reads `WATTLINE_*` and `traceparent`. Empty variables count as absent. */
export function readEnvironment(env: Environment): Inherited {
  const [, traceId, traceParentId] = TRACEPARENT.exec(env['traceparent'] ?? '') ?? []
  return {
    url: nonEmpty(env['WATTLINE_URL']),
    run: nonEmpty(env['WATTLINE_RUN']),
    token: nonEmpty(env['WATTLINE_TOKEN']),
    parentId: nonEmpty(env['WATTLINE_PARENT']) ?? traceParentId,
    traceId,
  }
}

/** Makes the variables for a child process or a worker. */
export function childEnvironment(self: Inherited): Record<string, string> {
  const { url, run, token, parentId, traceId } = self
  const isHex = parentId !== undefined && /^[0-9a-f]{16}$/.test(parentId)
  return {
    ...(url === undefined ? {} : { WATTLINE_URL: url }),
    ...(run === undefined ? {} : { WATTLINE_RUN: run }),
    ...(token === undefined ? {} : { WATTLINE_TOKEN: token }),
    ...(parentId === undefined ? {} : { WATTLINE_PARENT: parentId }),
    ...(isHex && traceId !== undefined ? { traceparent: `00-${traceId}-${parentId}-01` } : {}),
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  return text?.trim() || undefined
}
