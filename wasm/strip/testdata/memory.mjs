// node memory.mjs MODULE FILE writes the memory that a module begins with, before it runs.
import { readFileSync, writeFileSync } from "node:fs";

const module = await WebAssembly.compile(readFileSync(process.argv[2]));
const imports = {};
for (const { module: from, name } of WebAssembly.Module.imports(module)) {
  (imports[from] ??= {})[name] = () => {
    throw new Error(`${from}.${name} is called before the program runs`);
  };
}
const instance = await WebAssembly.instantiate(module, imports);
writeFileSync(process.argv[3], new Uint8Array(instance.exports.mem.buffer));
