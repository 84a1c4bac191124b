/**
 * Proxies in front of a server, as processes of their own: nginx and Caddy with the lines of
 * SECURITY.md if they are installed, and a small one of Node that behaves like them.
 */
import nodeProcess from 'node:process'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProcess, type StartedProcess } from './process.ts'

export type ProxyKind = 'nginx' | 'caddy' | 'node'

/**
 * `documented`: as in SECURITY.md. `rewritten`: the server gets its own Host, WebSockets are passed on.
 * `bare`: the same without WebSockets, as nginx with only `proxy_pass`.
 */
export type ProxySetting = 'documented' | 'rewritten' | 'bare'

export interface TestProxy {
  readonly port: number
  stop(): Promise<void>
}

/** A name of this machine in Chromium that the server does not know by itself. */
export const PROXY_NAME = 'wattline.localhost'

/** The proxies that can be started here. */
export function proxyKinds(): ProxyKind[] {
  const isFound = (command: string, flag: string) => spawnSync(command, [flag]).status === 0
  return [
    ...(isFound('nginx', '-v') ? (['nginx'] as const) : []),
    ...(isFound('caddy', 'version') ? (['caddy'] as const) : []),
    'node',
  ]
}

/** Starts a proxy that serves the server at `/wattline/`. Resolves once it accepts connections. */
export async function startProxy(
  kind: ProxyKind,
  serverPort: number,
  setting: ProxySetting = 'documented',
): Promise<TestProxy> {
  const dir = await mkdtemp(path.join(tmpdir(), 'wattline-proxy-'))
  const port = await freePort()
  const { process, ready } = await start(kind, { dir, port, serverPort, setting })
  await printed(process, ready)
  return {
    port,
    async stop() {
      // Caddy would wait for open connections. The worker of nginx would outlive a killed parent.
      process.child.kill(kind === 'caddy' ? 'SIGKILL' : 'SIGTERM')
      await process.exited
      await rm(dir, { recursive: true, force: true })
    },
  }
}

interface Settings {
  readonly dir: string
  readonly port: number
  readonly serverPort: number
  readonly setting: ProxySetting
}

async function start(
  kind: ProxyKind,
  settings: Settings,
): Promise<{ process: StartedProcess; ready: RegExp }> {
  const { dir, port, serverPort, setting } = settings
  if (kind === 'nginx') {
    const file = path.join(dir, 'nginx.conf')
    await writeFile(file, nginxConfig(settings, await linesFor('nginx', settings)))
    const process = startProcess('nginx', ['-p', dir, '-c', file, '-e', 'stderr'])
    return { process, ready: /start worker process \d+/ }
  }
  if (kind === 'caddy') {
    const file = path.join(dir, 'Caddyfile')
    const site = (await linesFor('caddy', settings)).replace(
      'wattline.example.com',
      `http://:${port}`,
    )
    await writeFile(file, `{\n  admin off\n  auto_https off\n}\n${site}`)
    const args = ['run', '--config', file, '--adapter', 'caddyfile']
    const home = { HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir }
    return { process: startProcess('caddy', args, home), ready: /serving initial configuration/ }
  }
  const script = fileURLToPath(new URL('node-proxy.mjs', import.meta.url))
  const args = [script, String(port), String(serverPort), setting]
  return { process: startProcess(nodeProcess.execPath, args), ready: /listening/ }
}

/** The lines of a proxy in SECURITY.md, for this server. */
async function linesFor(
  kind: 'nginx' | 'caddy',
  { serverPort, setting }: Settings,
): Promise<string> {
  const text = await readFile(new URL('../../SECURITY.md', import.meta.url), 'utf8')
  const [, documented] = new RegExp(`\`\`\`${kind}\\n([^]*?)\`\`\``).exec(text) ?? []
  if (documented === undefined) throw new Error(`SECURITY.md has no lines for ${kind}`)
  const lines = documented.replaceAll('9288', String(serverPort))
  if (setting === 'documented') return lines
  const removed = setting === 'rewritten' ? /Host / : /Host |http_version|Upgrade|Connection/
  return lines
    .split('\n')
    .filter((line) => !removed.test(line))
    .join('\n')
}

function nginxConfig({ dir, port }: Settings, lines: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
${nodeProcess.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${dir}/nginx.pid;
error_log stderr notice;
events {}
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${dir}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    ${lines}
  }
}
`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Resolves when the output matches. @throws {Error} with the output when the process ends before. */
async function printed({ child, output, exited }: StartedProcess, ready: RegExp): Promise<void> {
  const ended = exited.then(() => {
    throw new Error(`the proxy ended: ${output()}`)
  })
  while (!ready.test(output())) {
    await Promise.race([once(child.stdout!, 'data'), once(child.stderr!, 'data'), ended])
  }
  ended.catch(() => undefined)
}
