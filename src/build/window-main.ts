/** Prints the window's page as JSON, { script, style }: how the review machine gets it in a checkout. */
import { buildWindow } from "./window.ts";

const { script, style } = await buildWindow();
process.stdout.write(JSON.stringify({ script, style }));
