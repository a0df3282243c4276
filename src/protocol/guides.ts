/**
 * The guides for people, which every program prints (`help NAME`) and which stand in `deploy/guides`, one file each. Here are only their names; reading them is each machine's own.
 */
import { Refusal } from "./errors.ts";

/** Names, as they are typed. */
const GUIDES: readonly string[] = ["operator", "courier", "reviewer", "auditor", "incidents"];

/** Name of a guide's file. @throws {Refusal} `usage` if there is no guide of that name. */
export function guideFile(name: string): string {
  if (!GUIDES.includes(name)) throw new Refusal("usage", `there is no guide of that name; there are ${GUIDES.join(", ")}`);
  return `${name}.md`;
}
