/** How a server's happenings are written: for people, or as JSON for programs that collect logs. */
import type { Logger, LogSubject } from '../../runs/context.ts'
import type { Output } from '../io.ts'
import type { Style } from '../terminal.ts'

/** One JSON object a line: `time` (ISO 8601), `message`, and what it is about. */
export function jsonLog(out: Output): Logger {
  return (message, { run, writer } = {}) => {
    const time = new Date().toISOString()
    out.write(`${JSON.stringify({ time, message, run, writer })}\n`)
  }
}

export function textLog(out: Output, style: Style): Logger {
  return (line, about) => {
    out.write(`${style.dim(`${subjectText(about)}${line}`)}\n`)
  }
}

function subjectText({ run, writer }: LogSubject = {}): string {
  if (run === undefined) return ''
  return writer === undefined ? `run ${run}: ` : `run ${run}, writer ${writer}: `
}
