/** A swatch in a kind's colour, beside its name: colour never speaks alone. */
import { kindVariable } from '../timeline/paint/theme.ts'

export function KindDot({ kind }: { kind: string }) {
  return <span className="kind-dot" style={{ background: `var(${kindVariable(kind)})` }} />
}
