/** Opens the browser's file chooser for logs and telemetry. */
import { useApp } from '../page/app.tsx'
import { FolderIcon } from '../ui/icons.tsx'

export function OpenFileButton() {
  const { fileInput } = useApp()
  return (
    <button type="button" className="button" onClick={() => fileInput.current?.click()}>
      <FolderIcon size={14} /> Open file
    </button>
  )
}
