/** Serves the small pages of the benchmarks and the files of the peers on a free port. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import path from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}

/** The content of each path: a text, or a folder for all paths below it. */
export type Routes = Readonly<
  Record<string, { readonly text: string } | { readonly folder: string }>
>

export async function serve(routes: Routes): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    void contentOf(routes, pathname).then((content) => {
      response.setHeader('Content-Type', TYPES[path.extname(pathname)] ?? TYPES['.html'] ?? '')
      response.writeHead(content === undefined ? 404 : 200).end(content)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return server
}

async function contentOf(routes: Routes, pathname: string): Promise<string | Buffer | undefined> {
  const exact = routes[pathname]
  if (exact !== undefined && 'text' in exact) return exact.text
  for (const [prefix, route] of Object.entries(routes)) {
    if (!('folder' in route) || !pathname.startsWith(prefix)) continue
    const file = path.join(route.folder, pathname.slice(prefix.length) || 'index.html')
    return readFile(file).catch(() => undefined)
  }
  return undefined
}
