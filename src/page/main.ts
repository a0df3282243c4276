/** Entry of the witness's page on the site. The order of the imports matters: see `opening.ts`. */
import { run } from "./run.ts";
import { fromBase64 } from "../protocol/encoding.ts";
import { openNetwork } from "./network.ts";
import { withReturn } from "./return/door.ts";

void run(({ log }) => openNetwork({ ...log, publicKey: fromBase64(log.key) }), withReturn);
