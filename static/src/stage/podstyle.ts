// What a pod's state looks like and is called. Never colour alone: each state has a sign and a word.

import { PodState } from "../protocol.ts";
import { t } from "../i18n/index.ts";
import type { Key } from "../i18n/index.ts";

export const stateNames = ["Gone", "Pending", "Creating", "Running", "Ready", "Terminating", "Failed", "Succeeded", "Waiting", "Unknown"] as const;
const signs = ["", "…", "…", "◐", "✓", "↓", "✕", "✓", "!", "?"];

export interface PodLook { sign: string; word: string; dashed: boolean; hollow: boolean; bad: boolean; faded: boolean }

/** `dead`: the pod's node has no power, so what the API says of it may not be so. */
export function podLook(state: number, reason: string, dead: boolean): PodLook {
  const bad = state === PodState.Failed || state === PodState.Waiting;
  const dashed = state === PodState.Pending || state === PodState.Creating || state === PodState.Terminating;
  return {
    sign: dead ? "?" : signs[state], word: tileWord(state, reason), dashed, bad,
    hollow: state !== PodState.Ready && state !== PodState.Running && state !== PodState.Succeeded,
    faded: state === PodState.Terminating || state === PodState.Succeeded || state === PodState.Unknown,
  };
}

function tileWord(state: number, reason: string): string {
  if (state !== PodState.Terminating && state !== PodState.Ready) {
    if (/ImagePull|InvalidImage|ErrImage/.test(reason)) return t("tile.image");
    if (/CrashLoop|Error|OOMKilled/.test(reason)) return t("tile.crash");
    if (/Pulling/.test(reason)) return t("tile.pulling");
    if (/Unschedulable/.test(reason)) return t("tile.big");
  }
  return t(`tile.${stateNames[state] === "Gone" ? "Unknown" : stateNames[state]}` as Key);
}

/** "a" → "zone a"; "zone-a" and "eu-west-1a" say what they are themselves. */
export function zoneText(zone: string): string {
  return zone.length <= 2 ? t("stage.zone", { zone }) : zone;
}

/** The state in a sentence: "ready", "waiting: ImagePullBackOff". */
export function stateText(state: number, reason: string): string {
  const word = t(`state.${stateNames[state]}` as Key);
  return reason ? `${word}: ${reason}` : word;
}
