import { soak } from "./soak.ts";

/* `make soak`: an hour of random change under load. SOAK_MINUTES and SOAK_SEED say otherwise. */

const minutes = Number(process.env["SOAK_MINUTES"] ?? 60);
const seed = Number(process.env["SOAK_SEED"] ?? Date.now() % 1_000_000);
console.log(`${minutes} minutes, the way of SOAK_SEED=${seed}`);
const faults = await soak({ minutes, seed, tell: (line) => console.log(line) });
for (const fault of faults) console.error(`FAULT ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;
