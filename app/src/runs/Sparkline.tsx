/** A small bar chart of the spans over the duration of a run. Hidden from screen readers. */
const WIDTH_PX = 120
const HEIGHT_PX = 18

export function Sparkline({ counts }: { counts: readonly number[] }) {
  const most = Math.max(1, ...counts)
  const stepPx = WIDTH_PX / Math.max(1, counts.length)
  return (
    <svg aria-hidden="true" className="sparkline" width={WIDTH_PX} height={HEIGHT_PX}>
      {counts.map((count, index) => {
        // The square root keeps low counts visible beside a burst.
        const heightPx = count === 0 ? 1 : Math.max(2, Math.sqrt(count / most) * HEIGHT_PX)
        return (
          <rect
            key={index}
            x={index * stepPx}
            y={HEIGHT_PX - heightPx}
            width={Math.max(1, stepPx - 0.75)}
            height={heightPx}
            className={count === 0 ? 'none' : undefined}
          />
        )
      })}
    </svg>
  )
}
