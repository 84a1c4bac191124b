/** The output of `wattline energy --json`. In joules and Unix seconds; missing values are null. */
import type { Trace } from '../trace/trace.ts'
import type { EnergyLedger } from './energy-ledger.ts'
import { type EnergySummary, isMeasured, summarizeEnergy } from './energy-summary.ts'
import { energyWarnings } from './energy-warnings.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

/** An updated ledger as plain data. `spans` is empty without a source. */
export function energyRecord(trace: Trace, telemetry: Telemetry, ledger: EnergyLedger) {
  const summary = summarizeEnergy(trace, ledger)
  return {
    total_j: summary.totalJ ?? null,
    idle_j: summary.idleJ ?? null,
    shared_j: summary.sharedJ ?? null,
    coverage: summary.coverage ?? null,
    mean_w: summary.meanW ?? null,
    peak_w: summary.peakW ?? null,
    tokens: summary.tokens ?? null,
    j_per_token: summary.joulesPerToken ?? null,
    sources: summary.sources.map(sourceRecord),
    by_kind: summary.kinds.map(groupRecord),
    by_tool: summary.tools.map(groupRecord),
    by_model: summary.models.map(groupRecord),
    by_agent: summary.agents.map(groupRecord),
    warnings: energyWarnings(telemetry, trace).map(({ code, source, text }) => ({
      code,
      source,
      text,
    })),
    spans: spanRecords(trace, ledger),
  }
}

function spanRecords(trace: Trace, ledger: EnergyLedger) {
  if (ledger.sources.length === 0) return []
  return trace.spans.map((span) => {
    const energy = ledger.energyOf(span.slot)
    return {
      id: String(span.slot),
      kind: span.kind,
      subject: span.subject ?? null,
      start: span.startS,
      own_j: energy?.ownJ ?? null,
      total_j: energy?.totalJ ?? null,
      exclusive_j: energy?.exclusiveJ ?? null,
      low_j: energy?.lowJ ?? null,
      high_j: energy?.highJ ?? null,
    }
  })
}

function sourceRecord(source: EnergySummary['sources'][number]) {
  return {
    name: source.name,
    total_j: source.totalJ,
    idle_j: source.idleJ,
    coverage: source.coverage ?? null,
    mean_w: source.meanW ?? null,
    peak_w: source.peakW ?? null,
    samples: source.samples,
    interval_s: source.intervalS ?? null,
  }
}

function groupRecord(group: EnergySummary['kinds'][number]) {
  const known = isMeasured(group) ? group : undefined
  return {
    name: group.name,
    spans: group.spans,
    own_j: known?.ownJ ?? null,
    low_j: known?.lowJ ?? null,
    high_j: known?.highJ ?? null,
    share: known?.share ?? null,
    tokens: group.tokens ?? null,
    j_per_token: group.joulesPerToken ?? null,
    j_per_call: group.joulesPerCall ?? null,
  }
}
