/**
 * How many generated cases each property test of a parser takes. test/core/store/cases.test.ts adds them up, and looks
 * that each is used: what the docs say of their number cannot outlive it.
 */
const counts = {
  "safetensors: any content": 300,
  "safetensors: any bytes": 500,
  "safetensors: any header": 1500,
  "safetensors: any byte changed": 1500,
  "pytorch: any byte changed": 200,
  "settings: anything": 3000,
  "settings: laid over themselves": 300,
  "--set: anything": 3000,
  "command line: any words": 250,
  "names: anything": 1000,
  "words: any text": 300,
  "config.json: anything": 600,
  "manifest.json: anything": 600,
  "config.json: any byte changed": 400,
  "manifest.json: any byte changed": 400,
  "checkpoint: any state of a plugin": 25,
  "checkpoint: any byte changed": 600,
  "checkpoint: any state under its checksum": 500,
  "metrics: any history": 150,
  "lock: anything": 150,
  "images: any byte changed": 60,
} as const;

export type Cases = keyof typeof counts;

/** For `fc.assert`: `cases("settings: anything")`. Others on each run, and the same ones where a change lands or not by them. */
export function cases(name: Cases): { readonly numRuns: number; readonly seed?: number } {
  return { numRuns: counts[name], ...(process.env.CI && { seed: 20_261_128 }) };
}

export const allCases: Readonly<Record<string, number>> = counts;
