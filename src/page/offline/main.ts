/** Entry of the offline page. The order of the imports matters: first the document in its language, then see `opening.ts`. */
import "./language.ts";
import { run } from "../run.ts";
import { fromBase64 } from "../../protocol/encoding.ts";
import { byId } from "../view/dom.ts";
import { openFileCarrier } from "./file.ts";

void run(() => openFileCarrier(fromBase64(JSON.parse(byId("keys", HTMLScriptElement).textContent) as string)));
