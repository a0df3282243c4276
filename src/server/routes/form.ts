/**
 * `POST /tips`: the plain form, for browsers without a script. Specification section 7. Its answer is a page in the form's language, whatever happened; what exactly was
 * wrong is not said, because a form has no way to ask back.
 *
 * Known gap: the whole file travels in one request, which has to end within the time limit of `app.ts`.
 */
import type { FastifyInstance } from "fastify";
import type { Bytes } from "../../protocol/bytes.ts";
import { envelopeLength } from "../../protocol/format/envelope.ts";
import { SAVED_HEADER_LENGTH } from "../../protocol/format/saved.ts";
import { VOCABULARY } from "../../protocol/format/vocabulary.ts";
import type { Context } from "../context.ts";
import { letGo, readPieces } from "../intake/body.ts";
import { boundaryOf, type Form, openForm } from "../intake/form.ts";
import type { Room } from "../intake/room.ts";
import { takeSaved } from "../intake/saved.ts";
import type { Intake } from "../intake/tips.ts";
import { whereItBroke } from "../privacy.ts";
import { isOurFault } from "../problem.ts";

/** Octets of a form around its file, at most. */
const AROUND = 8192;

/** Language of the answer to a form that names none we have. */
const FIRST_LANGUAGE = "en";

/** Registers the form's address. */
export function formRoutes(app: FastifyInstance, context: Pick<Context, "config" | "troubles">, intake: Intake, room: Room): void {
  const limit = AROUND + SAVED_HEADER_LENGTH + envelopeLength(context.config.maxTipBytes);

  app.post("/tips", async (request, reply) => {
    const body = readPieces(request.raw, limit);
    let form: Form | null = null;
    let answer = "received";
    try {
      form = await openForm(body, boundaryOf(request.headers["content-type"]));
      await takeSaved(intake, form.file, room);
    } catch (error) {
      answer = "refused";
      if (isOurFault(error)) context.troubles.requestFailed(whereItBroke(error));
      await passOver(body);
      if (!request.raw.complete) letGo(request.raw);
    }
    const language = VOCABULARY.language.find((tag) => tag === form?.language) ?? FIRST_LANGUAGE;
    return reply.code(303).header("location", `/${language}/${answer}/`).send();
  });
}

/** Reads the rest: a browser that still sends would not see the answer. */
async function passOver(body: AsyncGenerator<Bytes, void, undefined>): Promise<void> {
  try {
    while ((await body.next()).done !== true);
  } catch {
    // Too much, too slow or broken off: then there is no more to be done.
  }
}
