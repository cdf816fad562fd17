/** A table of a publication that never was: a student alone, and one that learns from a teacher of several rows. */
import type { PublishedTable } from "../../../core/index.js";

export const toyTable: PublishedTable = {
  name: "table1",
  title: "Toys, table 1",
  columns: [{ name: "toys", title: "Toys", data: "toys" }],
  baseline: "alone",
  shared: { teacher: { preset: "toy", settings: { "stages.student.enabled": false }, stage: "teacher" } },
  rows: [
    {
      name: "alone",
      title: "student alone",
      published: { toys: 50 },
      made: { preset: "toy", settings: { "stages.teacher.enabled": false } },
    },
    {
      name: "taught",
      title: "student, taught",
      published: { toys: 60 },
      slip: "the text has 61.",
      made: { preset: "toy", teacher: "teacher" },
    },
    { name: "theirs", title: "somebody's", published: { toys: 55 } },
  ],
};
