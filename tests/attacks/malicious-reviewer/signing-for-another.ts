/** Bo wants an accomplice in the casebook. He proposes it, and writes the confirmation himself: as Ana's, with his own signature, since he has not hers. */
import { type Attack, outcome } from "../attack.ts";
import { ACCOMPLICE, CasebookFolder } from "../casebook-folder.ts";

export const attack: Attack = {
  does: "confirms in another's name, with their own signature",
  defences: [
    {
      file: "src/reviewer/casebook/event.ts",
      place: "parseSignedEvent",
      before: "await verifySignature(fromHex(person, 32), withDomain(EVENT_DOMAIN, eventBytes), fromHex(signed.signature, 64));",
      after: "",
    },
  ],
  run: async ({ folder }) => {
    const casebook = await CasebookFolder.create(folder);
    const proposal = await casebook.act("Bo", ACCOMPLICE);
    await casebook.write(proposal + 1, await casebook.forged({ kind: "confirmed", proposal }, proposal, "Ana", "Bo"));
    return outcome(await casebook.isTaken());
  },
};
