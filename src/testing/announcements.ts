import { type Announcement, announcementOf } from "../model/announcement.ts";
import type { Happening } from "../model/happening.ts";
import { idOf } from "./containers.ts";

export const teller = { name: "lb", id: idOf("lb") };

/** A container that joined. */
export function joined(name: string): Happening {
	const address = "10.0.0.2:3000";
	const member = {
		event: "join",
		role: "backend",
		name,
		id: idOf(name),
		address,
		pool: "nodes",
		why: "healthy",
	};
	return { kind: "member", event: "member-join", member: { ...member, event: "join", role: "backend" } };
}

export function announced(happening: Happening, id = "evt_1"): Announcement {
	return announcementOf(happening, { id, time: Date.parse("2026-01-01T00:00:00Z"), proxy: teller });
}
