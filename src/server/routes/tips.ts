/** Upload: `PUT /tips/{id}/parts/{n}`, `GET /tips/{id}/parts`, `POST /tips/{id}`. Specification section 7. */
import type { FastifyInstance } from "fastify";
import type { Bytes } from "../../protocol/bytes.ts";
import { PART_SIZE } from "../../protocol/crypto/hash.ts";
import { fromHex } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { formatJson } from "../../protocol/format/json.ts";
import { readBody } from "../intake/body.ts";
import { requireMediaType } from "../intake/media-type.ts";
import type { Room } from "../intake/room.ts";
import { completeTip, forgettingRefused, type Intake, partsOf, takePart } from "../intake/tips.ts";
import { onTheBeat } from "./beat.ts";

/** Longest completion that is read; a canonical one has 175 bytes or so. */
const LONGEST_COMPLETION = 1024;

/** How long answers wait at least, milliseconds: see `beat.ts`. */
interface Beats {
  readonly beat: number;
  readonly partBeat: number;
}

/** Registers the three. */
export function tipRoutes(app: FastifyInstance, intake: Intake, room: Room, { beat, partBeat }: Beats): void {
  app.put<{ Params: { id: string; part: string } }>("/tips/:id/parts/:part", async (request, reply) => {
    const tip = tipId(request.params.id);
    const part = partNumber(request.params.part);
    requireMediaType(request.headers["content-type"], "application/octet-stream");
    const announced = request.headers["content-length"];
    const taken = await room.take(part, announced === undefined ? undefined : Number(announced));
    try {
      await forgettingRefused(intake, tip, async () => {
        const body = await readBody(request.raw, PART_SIZE, "part-too-large", { memory: taken.memory() });
        await onTheBeat(partBeat, async () => {
          await takePart(intake, tip, part, body);
          taken.release(); // nobody's memory waits for the beat
        });
      });
    } finally {
      taken.release();
    }
    return reply.code(204).send();
  });

  app.get<{ Params: { id: string } }>("/tips/:id/parts", async (request, reply) => {
    const tip = tipId(request.params.id);
    const parts = await onTheBeat(beat, () => partsOf(intake, tip));
    return reply.type("application/json").send(Buffer.from(formatJson({ parts })));
  });

  app.post<{ Params: { id: string } }>("/tips/:id", async (request, reply) => {
    const tip = tipId(request.params.id);
    requireMediaType(request.headers["content-type"], "application/json");
    const completion = await readBody(request.raw, LONGEST_COMPLETION, "bad-request");
    const receipt = await forgettingRefused(intake, tip, () => completeTip(intake, tip, completion));
    return reply.type("application/json").send(Buffer.from(formatJson({ receipt })));
  });
}

function tipId(text: string): Bytes {
  if (!/^[0-9a-f]{32}$/.test(text)) throw new Refusal("not-found");
  return fromHex(text, 16);
}

/** Digits without a leading zero; how large it may be is the gate's matter. */
function partNumber(text: string): number {
  if (!/^(?:0|[1-9][0-9]{0,8})$/.test(text)) throw new Refusal("not-found");
  return Number(text);
}
