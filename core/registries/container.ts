/** Dependency injection: one container a run, one child a stage. The only importer of tsyringe and reflect-metadata. */
import type { Services } from "./services.js";
import "reflect-metadata";
import {
  type DependencyContainer,
  container as globalContainer,
  type InjectionToken,
  inject,
  injectable,
} from "tsyringe";
import type { Models } from "../models/model.js";
import type { Logger } from "../values/logger.js";
import type { RandomStreams } from "../values/random.js";

export const RANDOM: InjectionToken<RandomStreams> = Symbol("fgkd.random");
export const LOGGER: InjectionToken<Logger> = Symbol("fgkd.logger");
export const MODELS: InjectionToken<Models> = Symbol("fgkd.models");

/** What a registry keeps its entries in. Never leaves core. */
export interface Container {
  has(token: string): boolean;
  registerValue(token: string, value: object): void;
  registerClass<T>(token: string, type: new (...dependencies: never[]) => T): void;
  resolve<T>(token: string): T;
}

/** A stage's container, with the run's services in it. */
export function createContainer(services: Services): Container {
  // A child, so that nothing of ours ever lands in tsyringe's global container.
  const child: DependencyContainer = globalContainer.createChildContainer();
  child.register(RANDOM, { useValue: services.random });
  child.register(LOGGER, { useValue: services.logger });
  child.register(MODELS, { useValue: services.models });
  return {
    has: (token) => child.isRegistered(token),
    registerValue: (token, value) => void child.register(token, { useValue: value }),
    registerClass: (token, type) => {
      // tsyringe asks for `any[]` constructor parameters; every parameter carries its own @inject(TOKEN).
      const useClass = type as new (...dependencies: unknown[]) => unknown;
      injectable()(useClass as never);
      child.register(token, { useClass });
    },
    resolve: <T>(token: string) => child.resolve<T>(token),
  };
}

export { inject };
