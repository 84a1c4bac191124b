/** Which sources can serve a span, by where it says it ran. What is not said does not exclude. */
import type { Place } from '../row/place.ts'
import type { PowerSource } from '../telemetry/power-source.ts'

/**
 * False for a span of another host or device than the source's, and for one in a cloud: no meter
 * of this run measures that.
 */
export function serves(
  source: Pick<PowerSource, 'host' | 'device'>,
  place: Place,
  textOf: (id: number) => string,
): boolean {
  const [host, device, isCloud] = place
  if (isCloud !== 0 && textOf(isCloud) === 'true') return false
  return (
    isSameHost(source.host, host === 0 ? undefined : textOf(host)) &&
    isSameDevice(source.device, device === 0 ? undefined : textOf(device))
  )
}

function isSameHost(ofSource: string | undefined, ofSpan: string | undefined): boolean {
  if (ofSource === undefined || ofSpan === undefined) return true
  return ofSource.toLowerCase() === ofSpan.toLowerCase()
}

function isSameDevice(ofSource: string | undefined, ofSpan: string | undefined): boolean {
  if (ofSource === undefined || ofSpan === undefined) return true
  const [measured, used] = [deviceName(ofSource), deviceName(ofSpan)]
  // "gpu" alone is any GPU.
  return measured === used || (used === 'gpu' && /^gpu\d+$/.test(measured))
}

/** `cuda:0`, `GPU 0` and `0` are `gpu0`. */
function deviceName(text: string): string {
  const name = text.toLowerCase()
  const match = /^(?:cuda|gpu|)[\s:_-]*(\d*)$/.exec(name)
  return match === null ? name : `gpu${match[1] ?? ''}`
}
