/** What the operator's commands say: for each, a value for programs and lines for people. */
import type { Answer } from "../courier/answers.ts";
import type { Finding } from "./findings.ts";

export function doctorAnswer(findings: readonly Finding[]): Answer {
  if (findings.length === 0) return { json: { findings }, lines: ["Nothing was found."] };
  const lines = findings.flatMap(({ code, says, mend, where }) => [
    `! ${code}${where.length > 0 ? `: ${where.join(", ")}` : ""}`,
    `  ${says}`,
    `  To mend it: ${mend}`,
  ]);
  return { json: { findings }, lines, status: 1 };
}
