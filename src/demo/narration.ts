/** How the demo tells its story: one heading for each machine, what happens there, and what that machine can and cannot see. */

const WIDTH = 100;
const started = performance.now();

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Words broken into lines of at most {@link WIDTH} columns behind `first` and `rest`. */
function wrapped(text: string, first: string, rest: string): void {
  let line = first;
  let empty = true;
  for (const word of text.split(" ")) {
    if (!empty && line.length + 1 + word.length > WIDTH) {
      print(line);
      line = rest;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  print(line);
}

/** A new place: everything after it happens there. */
export function machine(name: string): void {
  const seconds = `${((performance.now() - started) / 1000).toFixed(0)} s`;
  print("");
  print(`== ${name} ${"=".repeat(Math.max(2, WIDTH - name.length - seconds.length - 5))} ${seconds}`);
}

/** Something that happens. */
export function happens(text: string): void {
  wrapped(text, "  ", "    ");
}

/** The command as somebody would type it. */
export function types(command: string): void {
  print(`  $ ${command}`);
}

/** What a command printed, a little in from the edge; `at most` so many lines. */
export function prints(output: string, atMost = 12): void {
  const lines = output.trimEnd().split("\n");
  for (const line of lines.slice(0, atMost)) print(`    | ${line}`);
  if (lines.length > atMost) print(`    | … ${String(lines.length - atMost)} more lines`);
}

/** What this machine knows by now. */
export function sees(text: string): void {
  wrapped(text, "  can see:    ", "              ");
}

/** What stays hidden from it. */
export function cannotSee(text: string): void {
  wrapped(text, "  cannot see: ", "              ");
}

/** A thing that was checked and holds. */
export function holds(text: string): void {
  wrapped(text, "  ok: ", "      ");
}
