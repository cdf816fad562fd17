#!/usr/bin/env node
/** The process around the command line: streams, signals, exit code. */
import { listenToSignals } from "./watching/signals.js";

// Before anything else is loaded: a signal that comes meanwhile must find a listener.
const signals = listenToSignals();

const { runCommand } = await import("./process.js");
process.exitCode = await runCommand(process.argv.slice(2), signals);
