/** How the build's commands end, and how they say what went wrong. */
import { Refusal } from "../protocol/errors.ts";

/** Runs a command of the build. A refusal is one line and exit status 1; a bug keeps its trace. */
export async function runCommand(main: (words: readonly string[]) => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    process.exitCode = 1;
  }
}
