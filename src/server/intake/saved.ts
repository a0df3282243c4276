/**
 * Taking in a tip that was carried as a file: the saved form (specification section 7), in one stream. Its parts go through the same gate as those of any tip. There
 * is nobody to send a part again, so whatever goes wrong, nothing stays.
 */
import type { Bytes, Source } from "../../protocol/bytes.ts";
import { rechunk } from "../../protocol/bytes.ts";
import { PART_SIZE, partDigest, sha256Native } from "../../protocol/crypto/hash.ts";
import { randomBytes } from "../../protocol/crypto/random.ts";
import { toHex } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { formatJson } from "../../protocol/format/json.ts";
import { parseSavedHeader, SAVED_HEADER_LENGTH } from "../../protocol/format/saved.ts";
import { PieceReader } from "../../protocol/piece-reader.ts";
import type { Room } from "./room.ts";
import { completeTip, forget, type Intake, takePart } from "./tips.ts";

/**
 * Takes a whole tip; when it returns, the tip is on the disk. The same file again changes nothing and returns as well: over a bad line an answer is easily lost, and
 * who finds the file on somebody's device must not be able to ask whether it was sent.
 * @param file the saved form. It has to be read to its end, where it may still fail.
 * @throws {Refusal} of the header, of the gate, `server-full`, and what `file` throws. Nothing of the tip is left then.
 */
export async function takeSaved(intake: Intake, file: Source, room: Room): Promise<void> {
  const tip = randomBytes(16);
  try {
    const reader = new PieceReader(file);
    const commitment = parseSavedHeader(await reader.exactly(SAVED_HEADER_LENGTH));
    const hashes: Bytes[] = [];
    let length = 0;
    for await (const part of rechunk(piecesOf(reader), PART_SIZE)) {
      const number = hashes.length + 1;
      const taken = await room.take(number, part.length);
      try {
        await takePart(intake, tip, number, part);
      } finally {
        taken.release();
      }
      hashes.push(await sha256Native(part));
      length += part.length;
    }
    const digest = partDigest(length, hashes);
    await completeTip(intake, tip, formatJson({ commitment: toHex(commitment), digest: toHex(digest), parts: hashes.length }));
  } catch (error) {
    await forget(intake, tip);
    if (!(error instanceof Refusal && error.code === "commitment-repeated")) throw error;
  }
}

async function* piecesOf(reader: PieceReader): AsyncGenerator<Bytes, void, undefined> {
  for (let piece = await reader.next(); piece !== null; piece = await reader.next()) yield piece;
}
