/** The icons: stroked, 16 px by default, in the color of the text around them, hidden from screen readers. */
import type { ReactNode } from 'react'

function icon(children: ReactNode) {
  return function Icon({ size = 16 }: { size?: number }) {
    return (
      <svg
        aria-hidden="true"
        width={size}
        height={size}
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      >
        {children}
      </svg>
    )
  }
}

export const PlayIcon = icon(<path d="M5 3.2v9.6L12.5 8z" fill="currentColor" />)
export const PauseIcon = icon(<path d="M5.5 3.5v9M10.5 3.5v9" strokeWidth="2.2" />)
export const StepBackIcon = icon(<path d="M11.5 3.5 6 8l5.5 4.5zM4.5 3.5v9" />)
export const StepForwardIcon = icon(<path d="M4.5 3.5 10 8l-5.5 4.5zM11.5 3.5v9" />)
export const SearchIcon = icon(<path d="M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.8 10.8 14 14" />)
export const CloseIcon = icon(<path d="m4 4 8 8M12 4l-8 8" />)
export const CopyIcon = icon(
  <path d="M5.5 5.5v-2a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-2M3.5 5.5h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1z" />,
)
export const CheckIcon = icon(<path d="m3 8.5 3.2 3.2L13 4.8" />)
export const PencilIcon = icon(<path d="m3 13 .6-2.8 7.2-7.2 2.2 2.2L5.8 12.4z" />)
export const TrashIcon = icon(<path d="M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.6 9h5.8l.6-9" />)
export const FolderIcon = icon(<path d="M2 12.5v-9h4l1.5 2H14v7z" />)
export const HelpIcon = icon(
  <path d="M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM6.3 6.3a1.8 1.8 0 1 1 2.5 1.7c-.5.2-.8.5-.8 1.1M8 11.4v.1" />,
)
export const ThemeIcon = icon(
  <>
    <circle cx="8" cy="8" r="5.5" />
    <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" stroke="none" />
  </>,
)
export const GroupIcon = icon(<path d="M2.5 4h4M2.5 8h7M2.5 12h11" strokeWidth="2" />)
export const ChevronIcon = icon(<path d="m4.5 6.5 3.5 3.5 3.5-3.5" />)
export const ErrorIcon = icon(
  <path d="M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zM5.8 5.8 4.4 4.4M10.2 5.8l-4.4 4.4" />,
)
export const WarningIcon = icon(<path d="M8 2.2 14.3 13H1.7zM8 6.5v3M8 11.2v.1" />)
export const FitIcon = icon(<path d="M2.5 5.5v-3h3M10.5 2.5h3v3M13.5 10.5v3h-3M5.5 13.5h-3v-3" />)
export const DownloadIcon = icon(<path d="M8 2.5v8M4.8 7.5 8 10.7l3.2-3.2M2.5 13.5h11" />)
