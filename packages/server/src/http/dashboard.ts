/** Serves the files of the dashboard, with a policy that prevents script in a log from running. */
import { createHash } from 'node:crypto'
import { readFile, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { getMimeType, mimes } from 'hono/utils/mime'

/** The types that Hono knows, and those of the sample logs and their description. */
const TYPES = {
  ...mimes,
  jsonl: 'application/x-ndjson; charset=utf-8',
  md: 'text/plain; charset=utf-8',
}

/** Files whose names contain a hash of their content never change: `assets/index-BX3kq9aZ.js`. */
const HASHED = /^\/assets\/.+-[\w-]{8,}\.\w+$/

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Wattline: the dashboard is not built</title>
<h1>The dashboard is not built</h1>
<p>The server runs, but its folder contains no page.
Build it with <code>npm run build</code> and load this address again.
Until then runs can be read at <a href="/api/runs">/api/runs</a>.</p>
</html>
`

/** A file of the dashboard; undefined when there is none at this path. */
export async function dashboardFile(
  dir: string,
  path: string,
  ifNoneMatch: string | undefined,
): Promise<Response | undefined> {
  const wanted = path === '/' ? '/index.html' : path
  const file = await locate(dir, wanted)
  if (file === undefined) {
    if (wanted !== '/index.html') return undefined
    return new Response(NOT_BUILT, {
      status: 503,
      headers: { 'content-type': 'text/html; charset=utf-8' },
    })
  }
  const { size, mtimeMs } = await stat(file)
  const etag = `"${createHash('sha1').update(`${size} ${mtimeMs}`).digest('base64url')}"`
  const headers = {
    'content-type': getMimeType(file, TYPES) ?? 'application/octet-stream',
    'cache-control': HASHED.test(wanted) ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag,
  }
  if (ifNoneMatch === etag) return new Response(null, { status: 304, headers })
  return new Response(await readFile(file), { headers })
}

/** The real path of a file in the folder; undefined for other paths, including links out of it. */
async function locate(dir: string, path: string): Promise<string | undefined> {
  if (path.includes('\0') || path.includes('\\')) return undefined
  try {
    const root = await realpath(dir)
    const file = await realpath(join(root, path))
    if (!file.startsWith(root + sep)) return undefined
    return (await stat(file)).isFile() ? file : undefined
  } catch {
    // There is no such file, which the caller reports.
    return undefined
  }
}
