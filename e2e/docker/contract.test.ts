import { dockerContract } from "../../src/testing/docker-contract.ts";
import { replicaContract } from "../../src/testing/replica-contract.ts";
import { usageContract } from "../../src/testing/usage-contract.ts";
import { realEngine } from "./real-engine.ts";

const open = async () => realEngine(process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock");

dockerContract(open);
replicaContract(open);
usageContract(open);
