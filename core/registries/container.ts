/** Dependency injection: one container a run, one child a stage. The only importer of tsyringe and reflect-metadata. */
import "reflect-metadata";
import { type DependencyContainer, type InjectionToken, inject, injectable, container as root } from "tsyringe";
import type { Models } from "../models/model.js";
import type { Artifacts } from "../values/artifacts.js";
import type { Logger } from "../values/logger.js";
import type { RandomStreams } from "../values/random.js";
import type { Services } from "./services.js";

export const RANDOM: InjectionToken<RandomStreams> = Symbol("fgkd.random");
export const LOGGER: InjectionToken<Logger> = Symbol("fgkd.logger");
export const MODELS: InjectionToken<Models> = Symbol("fgkd.models");
export const CLASSES: InjectionToken<readonly string[]> = Symbol("fgkd.classes");
export const ARTIFACTS: InjectionToken<Artifacts> = Symbol("fgkd.artifacts");
/** The name of the stage that an entry is made for; the run's own container has none. */
export const STAGE: InjectionToken<string> = Symbol("fgkd.stage");

/** What registries keep their entries in. Never leaves core. */
export interface Container {
  registerValue(token: string, value: object): void;
  registerClass<T>(token: string, type: new (...dependencies: never[]) => T): void;
  /** What was registered here or in the container above; a class is made here, with the services of here. */
  resolve<T>(token: string): T;
  /** The container of one stage below this one. */
  forStage(stage: string): Container;
}

/** The container of a run, with its services in it. */
export function createContainer(services: Services): Container {
  // tsyringe makes containers below its global one alone; nothing of ours is ever registered in that.
  const own = root.createChildContainer();
  own.register(RANDOM, { useValue: services.random });
  own.register(LOGGER, { useValue: services.logger });
  own.register(MODELS, { useValue: services.models });
  own.register(CLASSES, { useValue: services.classes });
  own.register(ARTIFACTS, { useValue: services.artifacts });
  return around(own);
}

function around(own: DependencyContainer): Container {
  return {
    registerValue: (token, value) => void own.register(token, { useValue: value }),
    registerClass: (token, type) => {
      // tsyringe asks for `any[]` constructor parameters; every parameter carries its own @inject(TOKEN).
      const useClass = type as new (...dependencies: unknown[]) => unknown;
      injectable()(useClass as never);
      own.register(token, { useClass });
    },
    resolve: <T>(token: string) => own.resolve<T>(token),
    forStage: (stage) => {
      const child = own.createChildContainer();
      child.register(STAGE, { useValue: stage });
      return around(child);
    },
  };
}

export { inject };
