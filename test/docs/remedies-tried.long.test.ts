/** Every remedy that is a command helps: fgkd is brought to say it, and it is typed as it was printed. */
import { describe, test } from "vitest";
import { goingOn } from "./remedies/going-on.js";
import { looking } from "./remedies/looking.js";
import { settings } from "./remedies/settings.js";
import { starting } from "./remedies/starting.js";
import { sweeping } from "./remedies/sweeping.js";

describe.each(Object.entries({ starting, settings, "going on": goingOn, looking, sweeping }))("%s", (_, situations) => {
  test.each(situations.map((situation) => [situation.told, situation] as const))("%s", (told, { tried }) =>
    tried(told),
  );
});
