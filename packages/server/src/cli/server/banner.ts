/** What a person sees when the server has started: the URL first, then how to use and stop it. */
import { VERSION } from '../../version.ts'
import type { Style } from '../base/terminal.ts'

export interface BannerInfo {
  /** To open in a browser. */
  readonly url: string
  /** To send events to. */
  readonly apiUrl: string
  readonly token: string | undefined
  /** The port that was asked for and is taken by somebody else. */
  readonly busyPort: number | undefined
  readonly dir: string
  readonly shown: readonly string[]
}

const MAX_SHOWN = 3

/** Several lines, without a line end after the last. */
export function serverBanner(facts: BannerInfo, style: Style): string {
  const lines = [
    '',
    `  ${style.bold('Wattline')} ${style.dim(VERSION)}   ${style.cyan(facts.url)}`,
    '',
  ]
  if (facts.busyPort !== undefined) {
    lines.push(
      `  ${style.yellow('!')} port ${facts.busyPort} is busy; this is the next free one`,
      '',
    )
  }
  if (facts.shown.length > 0) lines.push(row('showing', shown(facts.shown), style))
  lines.push(row('runs', `kept in ${facts.dir}`, style))
  lines.push(row('try', firstEvent(facts), style))
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

/** A line to paste that makes a first event appear. */
function firstEvent({ apiUrl, token }: BannerInfo): string {
  const url = `${apiUrl.replace(/^http:\/\//, '')}/api/runs/first/events`
  const header = token === undefined ? '' : ` -H "authorization: Bearer ${token}"`
  return `curl ${url}${header} -d '{"event_type":"hi","timestamp":'$(date +%s)'}'`
}
