/** What the guides tell people to type is there: each command and each option in them stands in the help of its program, and each program prints each guide. */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const execute = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const guides = join(root, "deploy", "guides");
const names = (await readdir(guides)).sort();

const run = async (program: string, ...words: string[]): Promise<string> =>
  (await execute(process.execPath, ["--disable-warning=ExperimentalWarning", join(root, "src", program, "main.ts"), ...words])).stdout;

/** Commands in a guide, in blocks of code and in sentences. */
function commandsIn(text: string): string[] {
  const typed = [
    ...text.matchAll(/^ {4,}(firsthand(?:-reviewer|-auditor)? .+)$/gm),
    ...text.matchAll(/`(firsthand(?:-reviewer|-auditor)? [^`]+)`/g),
  ];
  return typed.map(([, command = ""]) => command);
}

describe("the guides", () => {
  it("are printed by each program's help", async () => {
    expect(names).toEqual(["auditor.md", "courier.md", "incidents.md", "operator.md", "reviewer.md"]);
    for (const program of ["server", "reviewer", "auditor"]) {
      // Starting takes a while, and the reading is the same for each.
      for (const name of program === "server" ? names : [`${program}.md`]) {
        expect(await run(program, "help", name.replace(".md", ""))).toBe(await readFile(join(guides, name), "utf8"));
      }
      await expect(run(program, "help", "../../README")).rejects.toMatchObject({ code: 2 });
    }
  });

  it("name no command and no option that does not exist", async () => {
    const help = {
      firsthand: await run("server", "--help"),
      "firsthand-reviewer": await run("reviewer", "--help"),
      "firsthand-auditor": await run("auditor", "--help"),
    };
    const unknown: string[] = [];
    let seen = 0;
    for (const name of names) {
      for (const command of commandsIn(await readFile(join(guides, name), "utf8"))) {
        seen++;
        const [program = "", what = "", ...rest] = command.split(/\s+/);
        const text = help[program as keyof typeof help];
        const options = rest.filter((word) => word.startsWith("--"));
        if (!text.includes(`${program} ${what}`) || options.some((option) => !text.includes(option))) unknown.push(`${name}: ${command}`);
      }
    }
    expect(unknown).toEqual([]);
    expect(seen).toBeGreaterThan(35);
  });
});
