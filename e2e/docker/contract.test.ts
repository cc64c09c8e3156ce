import { dockerContract } from "../../src/testing/docker-contract.ts";
import { realEngine } from "./real-engine.ts";

dockerContract(async () => realEngine(process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock"));
