/** The problem with a file, as part of a sentence for the operator. For missing permissions it names the user and the fix. */
export function fileProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, message } = error as NodeJS.ErrnoException
  const user = process.getuid ? `user ${process.getuid()}` : 'this user'
  if (code === 'EISDIR') return 'it is a folder'
  if (code === 'EACCES' || code === 'EPERM')
    return `${message}. Give ${user} read and write permission there (chown or chmod), or run this as a user who has it`
  if (code === 'EROFS') return `${message}. Use a writable folder, such as a volume with write permission for ${user}`
  return message
}
