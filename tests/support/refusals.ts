/** What was refused, by its code. */
import { Refusal, type RefusalCode } from "../../src/protocol/errors.ts";

/** Code of the refusal that `act` ends in; `null` if it does not refuse. Anything else that is thrown is thrown on. */
export async function refusalOf(act: () => unknown): Promise<RefusalCode | null> {
  try {
    await act();
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
  return null;
}
