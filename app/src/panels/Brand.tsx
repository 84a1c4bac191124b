/** The logo and name, a link to the list of runs. */
export function Brand({ onOpen }: { onOpen?: () => void }) {
  return (
    <a
      className="brand"
      href="#"
      aria-label="Wattline, all runs"
      onClick={(event) => {
        event.preventDefault()
        onOpen?.()
      }}
    >
      <svg aria-hidden="true" width="18" height="18" viewBox="0 0 18 18">
        <rect x="0" y="2" width="11" height="3.6" rx="1.3" fill="var(--kind-lm-inference)" />
        <rect x="4" y="7.2" width="9" height="3.6" rx="1.3" fill="var(--kind-tool-call)" />
        <rect x="9" y="12.4" width="9" height="3.6" rx="1.3" fill="var(--power)" />
      </svg>
      Wattline
    </a>
  )
}
