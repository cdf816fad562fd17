import { expect, test } from "vitest";
import { createTraining, type Registries } from "../../core/index.js";
import { catalogue } from "../../plugins/index.js";
import { readDocument } from "./blocks.js";
import { renderOptionsPage } from "./options-page.js";

test("the reference of options is what the options say of themselves: npm run options", () => {
  expect(readDocument("docs/reference/options.md")).toBe(renderOptionsPage());
});

const training = createTraining({ plugins: [catalogue()] });
const registries = Object.entries(training).flatMap(([kind, value]) =>
  typeof value === "object" && value !== null && "schemaOf" in value
    ? [[kind as keyof Registries, value as Registries["losses"]] as const]
    : [],
);

test.each(registries)("every option of the %s that fgkd ships is described", (_, registry) => {
  const silent = registry.names.flatMap((name) => {
    const { shape = {} } = registry.schemaOf(name) ?? {};
    return registry
      .optionsOf(name)
      .filter((option) => !shape[option]?.description)
      .map((option) => `${name}.${option}`);
  });
  expect(silent).toEqual([]);
});
