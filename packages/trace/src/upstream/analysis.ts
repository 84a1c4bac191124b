/** `compute_analysis` of Intelligence Per Watt: sums over breakdowns, with its field names. */
import { maxOf, meanOf, numberAt, type UpstreamBreakdown } from './energy.ts'

type NumberKey = {
  [key in keyof UpstreamBreakdown]: UpstreamBreakdown[key] extends number | null ? key : never
}[keyof UpstreamBreakdown]

/** Sums, means of means, and sums by action and by `model_id`. */
export function analyzeUpstream(breakdowns: readonly UpstreamBreakdown[]) {
  const total = (key: NumberKey) => breakdowns.reduce((sum, at) => sum + (at[key] ?? 0), 0)
  const known = (key: NumberKey) =>
    breakdowns.map((at) => at[key]).filter((value) => value !== null)
  const most = (key: NumberKey) => maxOf(known(key))
  const mean = (key: NumberKey) => meanOf(known(key))
  const byAction = (amount: Amount) => sumsBy(breakdowns, (at) => at.action_type, amount)
  const byModel = (amount: Amount) => sumsBy(breakdowns, modelOf, amount)
  const costed = breakdowns.filter((at) => at.cost_usd !== null)
  return {
    total_energy_joules: total('total_energy_joules'),
    total_gpu_energy_joules: total('gpu_energy_joules'),
    total_cpu_energy_joules: total('cpu_energy_joules'),
    total_duration_ms: total('duration_ms'),
    max_power_watts: most('max_power_watts'),
    avg_power_watts: mean('avg_power_watts'),
    avg_memory_bandwidth_gbps: mean('memory_bandwidth_gbps'),
    action_counts: byAction(() => 1),
    energy_by_action: byAction((at) => at.total_energy_joules),
    model_counts: byModel(() => 1),
    energy_by_model: byModel((at) => at.total_energy_joules),
    latency_by_model: byModel((at) => at.duration_ms),
    tokens_by_model: byModel((at) => numberAt(at.metadata, 'total_tokens') ?? 0),
    gpu_max_power_watts: most('gpu_max_power_watts'),
    gpu_avg_power_watts: mean('gpu_avg_power_watts'),
    cpu_max_power_watts: most('cpu_max_power_watts'),
    cpu_avg_power_watts: mean('cpu_avg_power_watts'),
    gpu_compute_utilization_pct_avg: mean('gpu_compute_utilization_pct_avg'),
    gpu_compute_utilization_pct_max: most('gpu_compute_utilization_pct_max'),
    gpu_memory_bw_utilization_pct_avg: mean('gpu_memory_bw_utilization_pct_avg'),
    gpu_memory_bw_utilization_pct_max: most('gpu_memory_bw_utilization_pct_max'),
    gpu_tensor_core_utilization_pct_avg: mean('gpu_tensor_core_utilization_pct_avg'),
    gpu_tensor_core_utilization_pct_max: most('gpu_tensor_core_utilization_pct_max'),
    total_cost_usd: total('cost_usd'),
    cost_by_model: sumsBy(costed, modelOf, (at) => at.cost_usd ?? 0),
  }
}

type Amount = (breakdown: UpstreamBreakdown) => number

function sumsBy(
  breakdowns: readonly UpstreamBreakdown[],
  nameOf: (breakdown: UpstreamBreakdown) => string | undefined,
  amount: Amount,
): Record<string, number> {
  const sums = new Map<string, number>()
  for (const breakdown of breakdowns) {
    const name = nameOf(breakdown)
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + amount(breakdown))
  }
  return Object.fromEntries(sums)
}

function modelOf({ metadata }: UpstreamBreakdown): string | undefined {
  const model = Object.hasOwn(metadata, 'model_id') ? metadata['model_id'] : undefined
  return typeof model === 'string' && model !== '' ? model : undefined
}
