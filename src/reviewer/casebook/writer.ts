/**
 * One writer at a time. The lock is the kernel's, on the file `writer.lock`, taken through SQLite because Node has no file locks of its own: it ends with the
 * process that holds it, however that ends, so there is no stale lock to recognise and none to remove by hand. The file itself stays empty. (Rejected: a
 * file with a process number. Numbers come round again, and removing a stale one is itself a race.)
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Fault, Refusal } from "../../protocol/errors.ts";

/** Name of the lock file in a casebook. */
export const WRITER_LOCK = "writer.lock";

/** SQLite's number for "somebody else has it". */
const BUSY = 5;

/** Held while this process may write. */
export interface Writer {
  /** Lets others write. */
  release(): void;
}

/**
 * Becomes the writer of a casebook folder.
 * @throws {Refusal} `another-writer` at once if somebody else is. @throws {Fault} if the folder cannot be written.
 */
export function becomeWriter(folder: string): Writer {
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(join(folder, WRITER_LOCK), { timeout: 0 });
    lock.exec("PRAGMA journal_mode = MEMORY");
    lock.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    lock?.close();
    if (cause instanceof Error && "errcode" in cause && cause.errcode === BUSY) throw new Refusal("another-writer");
    throw new Fault("locking the casebook for writing", cause);
  }
  const held = lock;
  return {
    release: () => {
      held.close();
    },
  };
}
