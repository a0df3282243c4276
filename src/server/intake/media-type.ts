/** The media type of a request's body: parameters such as a character set do not matter. */
import { Refusal } from "../../protocol/errors.ts";

/** Returns if `given`, a Content-Type header, says `wanted`. @throws {Refusal} `wrong-media-type`. */
export function requireMediaType(given: string | undefined, wanted: string): void {
  if (given?.split(";")[0]?.trim().toLowerCase() !== wanted) throw new Refusal("wrong-media-type");
}
