/** The calls about entities, timelines and proposals; each is read strictly. */
import { utf8 } from "../../protocol/encoding.ts";
import { Refusal } from "../../protocol/errors.ts";
import { type Json, nullable, oneOf, type Reader, record, text } from "../../protocol/format/json.ts";
import type { OpenCasebook } from "../casebook/destroy.ts";
import { personName } from "../casebook/event.ts";
import { NUMBER, tipId } from "../casebook/identifiers.ts";
import type { ActingPerson } from "../casebook/people.ts";
import { roles } from "../casebook/roles.ts";
import { metricsCsv, metricsFor } from "../metrics.ts";
import { ENTITY_KINDS } from "../triage/vocabulary.ts";
import type { CaseCalls } from "./case-wire.ts";
import { entitiesFor, entityFor } from "./entities.ts";
import { proposePerson, proposingFor } from "./proposals.ts";
import { timelineFor } from "./timeline.ts";
import type { TipIndex } from "./tip-index.ts";

/** Longest words of a name that are looked for, UTF-16 units; a name has at most as many. */
const LONGEST_QUERY = 200;

const nothing = record({});
const entitiesRequest = record({ query: text(LONGEST_QUERY), kind: nullable(oneOf(ENTITY_KINDS)) });
const entityRequest = record({ entity: NUMBER });
const timelineRequest = record({ tip: tipId });
const personRequest = record({ name: text(64, 1), roles, secret: text(4096) });

/** Who sits at what. */
interface Desk {
  readonly open: OpenCasebook;
  readonly person: ActingPerson;
  readonly index: TipIndex;
  readonly now: () => Date;
}

/** These calls for whoever sits there now. */
export function caseCalls({ open, person, index, now }: Desk): {
  readonly [K in keyof CaseCalls]: (request: Json) => Promise<CaseCalls[K][1]>;
} {
  const { casebook } = open;
  const read = <T>(reader: Reader<T>, given: Json): T => reader(given, "request");
  return {
    entities: (given) => Promise.resolve(entitiesFor(casebook.state, person.key, read(entitiesRequest, given))),
    entity: (given) => Promise.resolve(entityFor(casebook, index, person.key, read(entityRequest, given).entity)),
    timeline: (given) => timelineFor(casebook, person.key, read(timelineRequest, given).tip),
    proposing: (given) => {
      read(nothing, given);
      return proposingFor(open, person.key);
    },
    "propose-person": (given) => {
      const wanted = read(personRequest, given);
      return proposePerson(open, person, { ...wanted, name: personName(wanted.name) }, now());
    },
    "metrics-csv": (given) => {
      read(nothing, given);
      if (index.read < index.total) throw new Refusal("wrong-state", "tips are still being read in");
      const today = now().toISOString().slice(0, 10);
      return Promise.resolve(utf8(metricsCsv(metricsFor(casebook.state, (id) => index.factsOf(id), person.key, today))));
    },
  };
}
