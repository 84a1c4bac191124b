/**
 * Proofs of a shared key, with which a command and a server on the same machine recognize each other
 * before either sends a token or a path. `POST /api/open` uses them like this:
 *
 * ```
 * command ── {nonce} ──────────────────────────▶ server
 *         ◀─ {nonce, secretProof, tokenProof} ──
 *         ── {path, nonce, proof} ─────────────▶        only if secretProof is right
 * ```
 *
 * The secret is in a file that only the user of the server can read.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** The server's proof that it knows `key`. */
export function serverProof(key: string, nonce: string): string {
  return hmac(key, `wattline server\n${nonce}`)
}

/** The command's proof that it knows `key` and wants the server to open `path`. */
export function pathProof(key: string, nonce: string, path: string): string {
  return hmac(key, `wattline open\n${nonce}\n${path}`)
}

/** Compares proofs in constant time. */
export function isSameProof(a: unknown, b: string): boolean {
  const expected = Buffer.from(b)
  const got = Buffer.from(typeof a === 'string' ? a : '')
  return got.length === expected.length && timingSafeEqual(got, expected)
}

function hmac(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}
