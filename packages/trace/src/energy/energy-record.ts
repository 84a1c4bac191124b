/** The output of `wattline energy --json`. In joules and Unix seconds; missing values are null. */
import type { Trace } from '../trace/trace.ts'
import type { EnergyLedger } from './energy-ledger.ts'
import { type EnergySummary, summarizeEnergy } from './energy-summary.ts'
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
  return trace.spans.flatMap((span) => {
    const energy = ledger.energyOf(span.slot)
    if (energy === undefined) return []
    return [
      {
        id: String(span.slot),
        kind: span.kind,
        subject: span.subject ?? null,
        start: span.startS,
        own_j: energy.ownJ,
        total_j: energy.totalJ,
        exclusive_j: energy.exclusiveJ,
        low_j: energy.lowJ,
        high_j: energy.highJ,
      },
    ]
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
  return {
    name: group.name,
    spans: group.spans,
    own_j: group.ownJ,
    low_j: group.lowJ,
    high_j: group.highJ,
    share: group.share,
    tokens: group.tokens ?? null,
    j_per_token: group.joulesPerToken ?? null,
    j_per_call: group.joulesPerCall ?? null,
  }
}
