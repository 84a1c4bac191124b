/** `GET /metrics`: the counters, and gauges that are read at the moment of the request. */
import { readdirSync } from 'node:fs'
import type { RunState } from '@wattline/trace'
import type { ServerContext } from '../runs/context.ts'
import { labelText, metricText, type Sample } from '../runs/metrics.ts'

export async function metricsPage(context: ServerContext): Promise<string> {
  const { metrics } = context
  return [
    counter(
      'wattline_events_received_total',
      'Events added to a log, by transport.',
      samplesOf(Object.entries(metrics.eventsIn), 'by'),
    ),
    counter(
      'wattline_bytes_received_total',
      'Bytes of those events, including duplicates.',
      samplesOf(Object.entries(metrics.bytesIn), 'by'),
    ),
    counter(
      'wattline_events_lost_total',
      'Events that writers numbered and that never arrived.',
      metrics.eventsLost,
    ),
    counter(
      'wattline_events_duplicate_total',
      'Events received again and skipped.',
      metrics.eventsDuplicate,
    ),
    counter(
      'wattline_appends_failed_total',
      'Failed appends, by reason; none of their events was acknowledged.',
      samplesOf(metrics.failedAppends, 'reason'),
    ),
    counter(
      'wattline_refused_total',
      'Refused connections and requests, by close code or status.',
      samplesOf(metrics.refusals, 'code'),
    ),
    counter(
      'wattline_events_sent_total',
      'Events sent to viewers, once for each viewer.',
      metrics.eventsOut,
    ),
    counter('wattline_bytes_sent_total', 'Bytes of those events.', metrics.bytesOut),
    metricText(
      'histogram',
      'wattline_append_seconds',
      'Time from the arrival of lines to their commit.',
      metrics.appendLatency(),
    ),
    gauge('wattline_recorders', 'Connected recorders.', metrics.recorders.size),
    gauge(
      'wattline_append_queue_bytes',
      'Bytes received from recorders and not yet committed.',
      [...metrics.recorders].reduce((sum, { pendingBytes }) => sum + pendingBytes, 0),
    ),
    gauge('wattline_viewers', 'Connected viewers.', metrics.viewers.size),
    ...(await viewerMetrics(context)),
    gauge('wattline_runs', 'Runs, by state.', await runSamples(context)),
    ...processMetrics(),
  ].join('')
}

async function viewerMetrics({ metrics, runs }: ServerContext): Promise<string[]> {
  const lags: Sample[] = []
  const buffered: Sample[] = []
  for (const [number, { run, cursor, bufferedBytes }] of [...metrics.viewers].entries()) {
    const end = (await runs.find(run))?.info.bytes ?? cursor
    const labels = labelText({ run, viewer: number + 1 })
    lags.push([labels, Math.max(0, end - cursor)])
    buffered.push([labels, bufferedBytes])
  }
  return [
    gauge('wattline_viewer_lag_bytes', 'Bytes of the log not yet sent to a viewer.', lags),
    gauge(
      'wattline_viewer_buffered_bytes',
      'Bytes for a viewer that are buffered in the server.',
      buffered,
    ),
  ]
}

async function runSamples({ runs }: ServerContext): Promise<Sample[]> {
  const counts: Record<RunState, number> = { live: 0, ended: 0, lost: 0 }
  for (const { state } of await runs.list()) counts[state] += 1
  return samplesOf(Object.entries(counts), 'state')
}

/** Metrics with the names that Prometheus clients use. */
function processMetrics(): string[] {
  const { user, system } = process.cpuUsage()
  const metrics = [
    gauge('process_resident_memory_bytes', 'Memory of the server.', process.memoryUsage.rss()),
    counter('process_cpu_seconds_total', 'Processor time of the server.', (user + system) / 1e6),
    gauge(
      'process_start_time_seconds',
      'When the server started, in Unix seconds.',
      Date.now() / 1000 - process.uptime(),
    ),
  ]
  try {
    const open = readdirSync('/proc/self/fd').length
    metrics.push(gauge('process_open_fds', 'Open descriptors.', open))
  } catch {
    // Not Linux: the number is unknown.
  }
  return metrics
}

function samplesOf(counts: Iterable<readonly [string | number, number]>, label: string): Sample[] {
  return [...counts].map(([key, value]) => [labelText({ [label]: key }), value])
}

function counter(name: string, help: string, value: number | readonly Sample[]): string {
  return metricText('counter', name, help, value)
}

function gauge(name: string, help: string, value: number | readonly Sample[]): string {
  return metricText('gauge', name, help, value)
}
