/** Which refusal of the operating system an error is (`ENOENT`, `EEXIST`, …; errno(3)). */

/** Whether `error` is of the system and, if one is given, has this code. */
export function isSystemError(error: unknown, code?: string): boolean {
  return error instanceof Error && "code" in error && (code === undefined ? "syscall" in error : error.code === code);
}
