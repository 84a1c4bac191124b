/** Opens the browser's file chooser for logs and telemetry. */
import { FolderIcon } from '../ui/icons.tsx'

export function OpenFileButton() {
  return (
    <button
      type="button"
      className="button"
      onClick={() => document.getElementById('file-input')?.click()}
    >
      <FolderIcon size={14} /> Open file
    </button>
  )
}
