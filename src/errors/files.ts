/** What the problem with a file is, for a sentence of the operator's: missing permissions name the user, and what to do. */
export function fileProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, message } = error as NodeJS.ErrnoException
  const user = process.getuid ? `user ${process.getuid()}` : 'this user'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'it is not in UTF-8; save it in that encoding'
  if (code === 'EACCES' || code === 'EPERM')
    return `${message}. Let ${user} read and write there (chown or chmod), or run this as the user who may`
  if (code === 'EROFS')
    return `${message}. Use a folder that is not read-only, such as a volume that ${user} may write to`
  return message
}
