/** Measures one area in a process of its own: its name, and `large` or nothing. Lives until its parent has looked at what it used. */
import { AREAS } from "./areas.ts";

const [area = "", size] = process.argv.slice(2);
const results = await AREAS[area]?.({ large: size === "large" });
process.send?.(results ?? []);
