/** The text that a started server prints: its URL, how to send an event and how to stop it. */
import { showHiddenInLine } from '@wattline/trace'
import { VERSION } from '../../version.ts'
import type { Style } from '../base/terminal.ts'

interface BannerInfo {
  /** For the browser. */
  readonly url: string
  /** For sending events. */
  readonly apiUrl: string
  readonly token: string | undefined
  /** The requested port, if another program uses it. */
  readonly busyPort: number | undefined
  readonly dir: string
  readonly shown: readonly string[]
}

const MAX_SHOWN = 3

/** Several lines; the last one has no line end. */
export function serverBanner(info: BannerInfo, style: Style): string {
  const lines = [
    '',
    `  ${style.bold('Wattline')} ${style.dim(VERSION)}   ${style.cyan(info.url)}`,
    '',
  ]
  if (info.busyPort !== undefined) {
    lines.push(`  ${style.yellow('!')} port ${info.busyPort} is busy, using the next free one`, '')
  }
  if (info.shown.length > 0) lines.push(row('showing', showHiddenInLine(shown(info.shown)), style))
  lines.push(row('runs', `stored in ${showHiddenInLine(info.dir)}`, style))
  lines.push(row('try', firstEvent(info), style))
  lines.push(row('stop', 'Ctrl+C', style), '')
  return lines.join('\n')
}

function row(name: string, value: string, style: Style): string {
  return `  ${style.dim(name.padEnd(9))}${value}`
}

function shown(names: readonly string[]): string {
  const more = names.length - MAX_SHOWN
  return more > 0 ? `${names.slice(0, MAX_SHOWN).join(', ')} and ${more} more` : names.join(', ')
}

/** A command line that sends a first event. */
function firstEvent({ apiUrl, token }: BannerInfo): string {
  const url = `${apiUrl.replace(/^http:\/\//, '')}/api/runs/first/events`
  const header = token === undefined ? '' : ` -H "authorization: Bearer ${token}"`
  return `curl ${url}${header} -d '{"event_type":"hi","timestamp":'$(date +%s)'}'`
}
