/** Somebody fills all the room that waiting tips may take, so that nobody's account goes in any more. */
import { randomBytes } from "../../../src/protocol/crypto/random.ts";
import { toHex } from "../../../src/protocol/encoding.ts";
import { makeTip, putPart } from "../../support/server.ts";
import { type Attack, outcome } from "../attack.ts";
import { withServer } from "../telling.ts";

/** Octets of a piece: less than the smallest tip, so that none fits where no piece does. */
const PIECE = 66_000;

export const attack: Attack = {
  does: "fills the server with pieces of large uploads, so that no tip of text goes in",
  defences: [
    {
      file: "src/server/intake/room.ts",
      place: "Room.#takeStore",
      before: 'const kept = size === "small" ? 0 : reserveBytes;',
      after: "const kept = 0 * reserveBytes;",
    },
  ],
  run: (bench) =>
    withServer(bench, { MAX_PENDING_MIB: "3", RESERVE_MIB: "2" }, async ({ app }, { program }) => {
      const piece = randomBytes(PIECE);
      for (let sent = 0, status = 204; status === 204; sent++) {
        if (sent > 100) throw new Error("the server never says that it is full");
        ({ statusCode: status } = await putPart(app, toHex(randomBytes(16)), 2, piece));
      }
      const tip = await makeTip(program);
      const { statusCode } = await putPart(app, tip.id, 1, tip.parts[0] ?? new Uint8Array(0));
      return outcome(statusCode === 503);
    }),
};
