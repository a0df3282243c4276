/** Entities, timelines and proposals in the page's state: what is shown of them, and what follows when somebody wants something or an answer comes. Pure, a part of state.ts. */
import {
  type CaseCalls,
  type EntitiesAnswer,
  type EntitiesRequest,
  type EntityAnswer,
  MOST_TIMELINE_TIPS,
  type ProposingAnswer,
  type TimelineAnswer,
} from "../case-wire.ts";
import type { Calls } from "../wire.ts";
import { caseFormOf, type CaseFormName } from "./case-forms.ts";
import type { Values } from "./forms.ts";
import type { Effect, State, Step, WindowEvent } from "./state.ts";

/** A tip that the next entity is linked to, and what was marked in it. */
export interface Linking {
  readonly tip: string;
  readonly quote: { readonly start: number; readonly end: number } | null;
  /** The marked words, or nothing. */
  readonly quoted: string;
}

export interface CaseState {
  readonly wanted: EntitiesRequest;
  readonly entities: EntitiesAnswer | null;
  /** Row that is chosen. */
  readonly chosen: number;
  readonly entity: EntityAnswer | null;
  readonly linking: Linking | null;
  readonly timeline: TimelineAnswer | null;
  /** Whether the timeline shows also what was done here. */
  readonly withWork: boolean;
  readonly proposing: ProposingAnswer | null;
}

export const NO_CASE: CaseState = {
  wanted: { query: "", kind: null },
  entities: null,
  chosen: 0,
  entity: null,
  linking: null,
  timeline: null,
  withWork: false,
  proposing: null,
};

/** What a person wants of all this. */
export type CaseCommand =
  | { readonly do: "find-entities"; readonly wanted: Partial<EntitiesRequest> }
  | { readonly do: "search-entities" }
  | { readonly do: "choose-entity"; readonly row: number }
  | { readonly do: "open-chosen-entity" }
  | { readonly do: "entity"; readonly entity: number }
  /** From a tip: the next entity that is opened can be linked to it. */
  | { readonly do: "link-entity" }
  | { readonly do: "timeline" }
  | { readonly do: "timeline-work" }
  | { readonly do: "submit-case"; readonly form: CaseFormName; readonly values: Values }
  | { readonly do: "save-metrics" };

/** Proposing somebody is answered as any act is. */
type CaseAnswered = Extract<WindowEvent, { on: "answered"; call: Exclude<keyof CaseCalls, "propose-person"> }>;

/** The call for the entities that are wanted. */
export function entitiesWanted({ casework }: State): Effect {
  return { call: "entities", request: casework.wanted };
}

function within(state: State, part: Partial<CaseState>, effects: readonly Effect[] = []): Step {
  return { state: { ...state, casework: { ...state.casework, ...part } }, effects };
}

/** What follows from a command; `quiet` is the state without its message. */
export function caseCommand(quiet: State, command: CaseCommand): Step {
  const { casework, tip } = quiet;
  switch (command.do) {
    case "find-entities": {
      const wanted = { ...casework.wanted, ...command.wanted };
      return within(quiet, { wanted, chosen: 0 }, [{ call: "entities", request: wanted }]);
    }
    case "search-entities":
      return { state: quiet, effects: [{ focus: "entities" }] };
    case "choose-entity": {
      const last = (casework.entities?.rows.length ?? 0) - 1;
      return within(quiet, { chosen: Math.max(0, Math.min(last, command.row)) });
    }
    case "open-chosen-entity": {
      const row = casework.entities?.rows[casework.chosen];
      return row === undefined ? { state: quiet, effects: [] } : caseCommand(quiet, { do: "entity", entity: row.entity });
    }
    case "entity":
      return { state: quiet, effects: [{ call: "entity", request: { entity: command.entity } }] };
    case "link-entity": {
      if (!tip?.content) return { state: quiet, effects: [] };
      const { marked } = quiet;
      const quoted = marked === null ? "" : tip.content.narrative.slice(marked.start, marked.end);
      const wanted = { query: quoted.length <= 60 ? quoted : "", kind: null };
      const linking = { tip: tip.row.id, quote: marked, quoted };
      return within({ ...quiet, place: "entities" }, { linking, wanted, entities: null, chosen: 0 }, [
        { call: "entities", request: wanted },
      ]);
    }
    case "timeline":
      return tip === null ? { state: quiet, effects: [] } : { state: quiet, effects: [{ call: "timeline", request: { tip: tip.row.id } }] };
    case "timeline-work":
      return within(quiet, { withWork: !casework.withWork });
    case "submit-case": {
      const made = caseFormOf(command.form, quiet).effect(command.values);
      if (typeof made === "string") return { state: { ...quiet, message: made }, effects: [] };
      return { state: { ...quiet, sent: command.form, stale: true }, effects: [made] };
    }
    case "save-metrics":
      return { state: quiet, effects: [{ call: "metrics-csv", request: {} }] };
  }
}

/** What follows from an answer. */
export function caseAnswered(state: State, event: CaseAnswered): Step {
  switch (event.call) {
    case "entities":
      if (event.request.query !== state.casework.wanted.query || event.request.kind !== state.casework.wanted.kind)
        return { state, effects: [] };
      return within({ ...state, stale: false }, { entities: event.answer });
    case "entity":
      return within({ ...state, place: "entity", stale: false }, { entity: event.answer });
    case "timeline":
      return within({ ...state, place: "timeline" }, { timeline: event.answer });
    case "proposing":
      return within(state, { proposing: event.answer });
    case "metrics-csv":
      return {
        state: { ...state, message: "The metrics are saved as metrics.csv." },
        effects: [{ save: event.answer, name: "metrics.csv" }],
      };
  }
}

/** What of this is asked for again after an act, since it may have changed. */
export function caseAfterAct({ place, casework, desk }: State): Effect[] {
  if (place === "entities") return [{ call: "entities", request: casework.wanted }];
  if (place === "entity" && casework.entity !== null) return [{ call: "entity", request: { entity: casework.entity.row.entity } }];
  return place === "decisions" && desk?.officers !== true ? [{ call: "proposing", request: {} }] : [];
}

/** A new entity is shown at once; of one that was taken back nothing is there to show. `event`: the act's number. */
export function afterEntityAct({ state, effects }: Step, act: Calls["act"][0]["act"], event: number): Step {
  if (act.kind === "entity-named") return { state, effects: [...effects, { call: "entity", request: { entity: event } }] };
  if (act.kind !== "undone" || state.place !== "entity" || act["event"] !== state.casework.entity?.row.entity) return { state, effects };
  const left = effects.filter((effect) => !("call" in effect && effect.call === "entity"));
  return within({ ...state, place: "entities" }, { entity: null }, [...left, entitiesWanted(state)]);
}

/** Whether a timeline has as many tips as one can have. */
export function isFull({ tips }: TimelineAnswer): boolean {
  return tips.length === MOST_TIMELINE_TIPS;
}
