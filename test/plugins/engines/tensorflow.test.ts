/** TensorFlow's own library, by a stand-in of the same interface: the real one is 300 MB, and wants its own machine. */
import { mkdtemp, rm, symlink, writeFile, mkdir } from "node:fs/promises";
