/** The operator's commands that read files of their own before they work. */
import { resolve } from "node:path";
import { openOperatorKey } from "../../protocol/crypto/operator.ts";
import type { Bytes } from "../../protocol/bytes.ts";
import { fromUtf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import type { Config } from "../config.ts";
import type { Progress } from "../courier/progress.ts";
import { readIfThere } from "../store/durable-file.ts";
import { restore, type Restored } from "./restore.ts";

/** Paths that `firsthand restore` was given. */
export interface RestorePaths {
  readonly backup: string;
  readonly checkpoint: string;
  readonly key: string;
  readonly passphrase: string | null;
  readonly logKey: string | null;
}

/** Restores. @throws {Refusal} `not-found` with the option whose file is not there; as `restore`. */
export async function restoreFrom(config: Config, paths: RestorePaths, progress: Progress): Promise<Restored> {
  const passphrase = paths.passphrase === null ? null : fromUtf8(await file(paths.passphrase, "--passphrase"));
  const key = await openOperatorKey(await file(paths.key, "--key"), passphrase?.replace(/\r?\n$/, "") ?? null);
  const checkpoint = await file(paths.checkpoint, "--checkpoint");
  const logSeed = paths.logKey === null ? null : await file(paths.logKey, "--log-key");
  return restore(config, resolve(paths.backup), { key, checkpoint, logSeed, progress });
}

async function file(path: string, option: string): Promise<Bytes> {
  const bytes = await readIfThere(resolve(path));
  if (bytes === null) throw new Refusal("not-found", option);
  return bytes;
}
