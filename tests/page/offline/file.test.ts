/** The file that the offline page makes, opened with what anybody has: an OpenPGP library and tar. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { decrypt, readMessage, readPrivateKey } from "openpgp";
import { beforeAll, expect, it } from "vitest";
import type { Progress } from "../../../src/page/compose/state.ts";
import { openFileCarrier } from "../../../src/page/offline/file.ts";
import type { Bytes } from "../../../src/protocol/bytes.ts";
import { sealTip } from "../../../src/protocol/crypto/tip.ts";
import { parseTipFraming } from "../../../src/protocol/format/envelope.ts";
import { parseSavedHeader, SAVED_HEADER_LENGTH } from "../../../src/protocol/format/saved.ts";
import { patternOf } from "../../support/bytes.ts";
import { type KeyPair, newKeyPair } from "../../support/certificates.ts";
import { attachmentOf, tipContent } from "../../support/tips.ts";

const run = promisify(execFile);
const FILE = patternOf(600_000);

let program: KeyPair;
let rewards: KeyPair;
beforeAll(async () => {
  program = await newKeyPair("program");
  rewards = await newKeyPair("rewards");
});

async function sealed() {
  const content = await tipContent({ attachments: [attachmentOf("照片.jpg", FILE)] });
  return sealTip(content, { program: program.epoch, rewards: rewards.epoch });
}

const NOBODY = new AbortController().signal;
const NO_KEYS: Bytes = new Uint8Array(0);

it("is a header with the commitment, then the envelope, and says how far it is", async () => {
  const tip = await sealed();
  const seen: Progress[] = [];
  const blob = await openFileCarrier(NO_KEYS).bring(tip, (progress) => seen.push(progress), NOBODY);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  expect(parseSavedHeader(bytes.slice(0, SAVED_HEADER_LENGTH))).toEqual(tip.finish().commitment);
  expect(bytes).toHaveLength(SAVED_HEADER_LENGTH + tip.length);
  expect(parseTipFraming(bytes.slice(SAVED_HEADER_LENGTH)).length).toBe(tip.length);
  expect(seen.map(({ done, total }) => [done, total])).toEqual(
    Array.from({ length: tip.partCount + 1 }, (_, done) => [done, tip.partCount]),
  );
});

it("opens with the OpenPGP library, which skips the padding packet, and holds an archive for tar", async () => {
  const blob = await openFileCarrier(NO_KEYS).bring(await sealed(), () => undefined, NOBODY);
  const message = await readMessage({ binaryMessage: new Uint8Array(await blob.arrayBuffer()) });
  const decryptionKeys = await readPrivateKey({ binaryKey: program.secretBytes });
  const { data } = await decrypt({ message, decryptionKeys, format: "binary", date: new Date((program.epoch.from + 1) * 1000) });
  const folder = await mkdtemp(join(tmpdir(), "fh-saved-"));
  try {
    await writeFile(join(folder, "tip.tar"), data as Uint8Array);
    await run("tar", ["-xf", "tip.tar"], { cwd: folder });
    expect(JSON.parse(await readFile(join(folder, "tip.json"), "utf8"))).toMatchObject({ answers: { narrative: "I saw it." } });
    expect(new Uint8Array(await readFile(join(folder, "files", "0001")))).toEqual(FILE);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("is not made when the witness stops", async () => {
  const stopped = new AbortController();
  const report = ({ done }: Progress): void => {
    if (done === 1) stopped.abort();
  };
  await expect(openFileCarrier(NO_KEYS).bring(await sealed(), report, stopped.signal)).rejects.toMatchObject({ name: "AbortError" });
});
