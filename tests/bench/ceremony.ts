/** The keys of an instance and its casebook, as the review machine's ceremony makes them for a demo: one person, one card. */
import { holdCeremony, USUAL_RETENTION } from "../../src/reviewer/ceremony.ts";
import { USUAL_ROLES } from "../../src/reviewer/casebook/roles.ts";

const DAY = 86_400_000;

/** Holds one from today on, into a folder that is not there yet. */
export async function holdDemoCeremony(folder: string, origin: string, epochs: number): Promise<void> {
  const start = Math.floor(Date.now() / DAY) * 86_400;
  const people = [{ name: "Ana", roles: USUAL_ROLES, passphrase: null }];
  const typing = { from: "nowhere" } as const;
  const plan = { origin, start, epochs, needed: 1, shares: 1, people, retention: USUAL_RETENTION, signers: 2, demo: true, typing };
  await holdCeremony(folder, plan, new Date(), () => undefined);
}
