/** What several stories do. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Bytes } from "../../src/protocol/bytes.ts";
import type { SecretCertificate } from "../../src/protocol/crypto/certificate.ts";
import { openTip } from "../../src/protocol/crypto/tip.ts";
import { auditor } from "../auditor/story-on-disk.ts";
import { streamOf } from "../support/bytes.ts";
import { makeTestKeys, openTestServer, type TestKeys, type TestServer } from "../support/server.ts";
import type { Bench, Outcome } from "./attack.ts";

/** What somebody with this secret reads in an envelope; null if it is a decoy. @throws {Refusal} if it does not open. */
export async function narrativeIn(envelope: Bytes, secret: SecretCertificate): Promise<string | null> {
  const visitor = { attachment: () => Promise.resolve() };
  const opened = await openTip(streamOf(envelope), (pkesk) => secret.decryptSessionKey(pkesk), visitor);
  return opened.kind === "tip" ? opened.tip.answers.narrative : null;
}

/** Writes files below a folder and returns it. */
export async function putFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  return folder;
}

/** Codes of what the auditor's command finds. */
export async function foundBy(...words: string[]): Promise<string[]> {
  const { out, error } = await auditor(...words, "--json");
  if (error !== "") throw new Error(error);
  const { findings } = JSON.parse(out) as { findings: { code: string }[] };
  return findings.map(({ code }) => code);
}

/** Tells a story to the server's application over a database of its own. */
export async function withServer(
  bench: Bench,
  settings: Readonly<Record<string, string>>,
  story: (server: TestServer, keys: TestKeys) => Promise<Outcome>,
): Promise<Outcome> {
  const keys = await makeTestKeys(join(bench.folder, "keys"));
  const server = await openTestServer(await bench.postgres(), keys, { settings });
  try {
    return await story(server, keys);
  } finally {
    await server.remove();
  }
}
