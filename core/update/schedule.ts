/** How the learning rate moves over a stage: what an entry of `schedules` makes. */
import type { Step } from "../values/records.js";

/** What a schedule is told of its stage. */
export interface Course {
  /** Of the settings: what the learning rate is without a schedule. */
  readonly learningRate: number;
  readonly epochs: number;
  /** Of each epoch. */
  readonly steps: number;
}

/** The learning rate of a step: a function of the step and the course and nothing else, so that it resumes by itself. */
export type Schedule = (step: Step, course: Course) => number;

/** What a stage follows whose plugins bring no schedule. */
export const constantRate: Schedule = (_, { learningRate }) => learningRate;
