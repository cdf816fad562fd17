import { alternate, type Steps, type StepReport } from "../../../../core/index.js";

export async function* headStart(ahead: number, teacher: Steps, student: Steps): AsyncGenerator<StepReport, void> {
  const iterator = teacher[Symbol.asyncIterator]();
  for (let taken = 0; taken < ahead; taken++) {
    const next = await iterator.next();
    if (next.done) break;
    yield next.value;
  }
  yield* alternate([{ [Symbol.asyncIterator]: () => iterator }, 1], [student, 1]);
}