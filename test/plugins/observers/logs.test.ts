import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { createTraining, type EpochReport, type Plugin, type SavedState } from "../../../core/index.js";
import { csvLog, tensorboard } from "../../../plugins/observers/index.js";
import { crc32c } from "../../../plugins/observers/log/crc32c.js";
import { eventFile, type Scalars } from "../../../plugins/observers/log/event-file.js";
import { createPace } from "../../../plugins/observers/log/numbers.js";
import { readEvents, slowCrc32c } from "./event-records.js";

const bytes = (text: string) => new TextEncoder().encode(text);

function epoch(of: number, more: Partial<EpochReport> = {}): EpochReport {
  return {
    stage: "student",
    epoch: of,
    losses: { crossEntropy: 1.5, distillation: 0.25 },
    metrics: { accuracy: 50 + of },
    learningRate: 0.125,
    stop: () => {},
    measure: () => {},
    ...more,
  };
}

/** A stage with one observer, and what it wrote by name. */
function watched(plugin: Plugin) {
  const files = new Map<string, Uint8Array | string>();
  const artifacts = { write: (name: string, content: Uint8Array | string) => void files.set(name, content) };
  return { files, training: createTraining({ plugins: [plugin], stage: "student", services: { artifacts } }) };
}

describe("CRC-32C", () => {
  test("is that of RFC 3720 and of the usual check value", () => {
    expect(crc32c(bytes("123456789"))).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at))).toBe(0x46dd794e);
    expect(crc32c(new Uint8Array())).toBe(0);
  });

  test("is that of a division bit by bit, which reads the files here", () => {
    for (const text of ["a", "loss/crossEntropy", "ü".repeat(300)])
      expect(slowCrc32c(bytes(text))).toBe(crc32c(bytes(text)));
  });
});

describe("an event file", () => {
  test("begins with its version, and has each group of scalars with its step and time", () => {
    const events: readonly Scalars[] = [
      { time: 1234.5, step: 1, values: { accuracy: 12.5, "loss/täuschung": -0.75 } },
      { time: 1240, step: 70_000, values: { accuracy: Number.NaN } },
    ];
    expect(readEvents(Buffer.from(eventFile(events)))).toEqual([
      { time: 1234.5, version: "brain.Event:2" },
      { time: 1234.5, step: 1, scalars: { accuracy: 12.5, "loss/täuschung": -0.75 } },
      { time: 1240, step: 70_000, scalars: { accuracy: Number.NaN } },
    ]);
  });

  test("is refused by its readers where a byte of it was changed", () => {
    const file = Buffer.from(eventFile([{ time: 1, step: 1, values: { accuracy: 12.5 } }]));
    for (const at of [0, 9, 14, file.length - 6, file.length - 1]) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] as number) ^ 1;
      expect(() => readEvents(changed), `byte ${at}`).toThrow();
    }
  });
});

describe("tensorboard", () => {
  test("leaves a file an epoch, whose names sort as the epochs do", async () => {
    const { files, training } = watched(tensorboard());
    for (const of of [0, 1, 11]) await training.hooks.epoch.promise(epoch(of));
    const names = ["00001", "00002", "00012"].map((at) => `tensorboard/student/events.out.tfevents.${at}.fgkd`);
    expect([...files.keys()].sort()).toEqual(names);
    const [version, event] = readEvents(files.get(names[2] as string) as Buffer);
    expect(version?.version).toBe("brain.Event:2");
    expect(event).toMatchObject({
      step: 12,
      scalars: {
        loss: 1.75,
        "loss/crossEntropy": 1.5,
        "loss/distillation": 0.25,
        "learning-rate": 0.125,
        accuracy: 61,
      },
    });
  });

  test("writes over the file of an epoch that is taken again", async () => {
    const { files, training } = watched(tensorboard());
    for (const accuracy of [40, 41]) await training.hooks.epoch.promise(epoch(4, { metrics: { accuracy } }));
    expect(files.size).toBe(1);
    const [, ...events] = readEvents([...files.values()][0] as Buffer);
    expect(events.map(({ scalars }) => scalars?.accuracy)).toEqual([41]);
  });
});

describe("csv-log", () => {
  const rowsOf = (text: unknown) => parse(text as string, { columns: true }) as readonly Record<string, string>[];

  test("keeps a line an epoch; what is measured late gets a column after all others", async () => {
    const { files, training } = watched(csvLog());
    await training.hooks.epoch.promise(epoch(0));
    const [head] = (files.get("log/student.csv") as string).split("\n");
    await training.hooks.epoch.promise(epoch(1, { metrics: { "rankAccuracy/a,b": 70, accuracy: Number.NaN } }));
    const text = files.get("log/student.csv") as string;
    expect(head).toBe("epoch,loss,loss/crossEntropy,loss/distillation,learning-rate,accuracy");
    expect(text.split("\n")[0]).toBe(`${head},"rankAccuracy/a,b"`);
    const numbers = { loss: "1.75", "loss/crossEntropy": "1.5", "loss/distillation": "0.25", "learning-rate": "0.125" };
    expect(rowsOf(text)).toEqual([
      { epoch: "1", ...numbers, accuracy: "50", "rankAccuracy/a,b": "" },
      { epoch: "2", ...numbers, accuracy: "", "rankAccuracy/a,b": "70" },
    ]);
  });

  test("goes on from a checkpoint with the lines that it had then", async () => {
    const [before, after] = [watched(csvLog()), watched(csvLog())];
    await before.training.hooks.epoch.promise(epoch(0));
    const saved = await before.training.states.get("csv-log")?.save();
    await before.training.hooks.epoch.promise(epoch(1));
    await after.training.states.get("csv-log")?.load(JSON.parse(JSON.stringify(saved)) as SavedState);
    await after.training.hooks.epoch.promise(epoch(1));
    expect(after.files.get("log/student.csv")).toBe(before.files.get("log/student.csv"));
  });
});

describe("images a second", () => {
  test("are those of the steps between the first of an epoch and the last", () => {
    let time = 0;
    const pace = createPace(() => time);
    const step = (at: number, images: number, isFirst = false) => {
      time = at;
      pace.step(images, isFirst);
    };
    step(1000, 16, true);
    expect(pace.speed).toBeUndefined();
    step(1500, 16);
    step(3000, 4);
    expect(pace.speed).toBe(16);
    step(9000, 8, true);
    step(9500, 8);
    expect(pace.speed).toBe(16);
    step(10_000, 8);
    expect(pace.speed).toBe(16);
  });

  test("are among the numbers once an epoch had two steps", async () => {
    const { files, training } = watched(tensorboard());
    for (const index of [0, 1, 2])
      await training.hooks.batch.promise({}, { epoch: 0, index, progress: 0, isLast: index === 2 });
    await training.hooks.epoch.promise(epoch(0));
    const [, event] = readEvents([...files.values()][0] as Buffer);
    expect(event?.scalars?.["images-per-second"]).toBeGreaterThan(0);
  });
});
