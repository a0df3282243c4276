/**
 * Files that come with the program, in a checkout, an image or the server's archive alike: two folders above this one, or above the one file that a build makes of
 * the program (src/build/server.ts).
 */
import { fileURLToPath } from "node:url";

function folder(path: string): string {
  return fileURLToPath(new URL(`../../${path}/`, import.meta.url));
}

/** The migrations of this program. */
export const MIGRATIONS = folder("migrations");

/** The guides for people, as `firsthand help` prints them. */
export const GUIDES = folder("deploy/guides");
