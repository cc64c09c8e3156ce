import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { type Announcement, announcementOf } from "../model/announcement.ts";
import type { ContainerRef } from "../model/fleet.ts";
import type { Handed, Happening } from "../model/happening.ts";
import type { Problem } from "../model/problem.ts";
import { createCrew } from "./crew.ts";
import type { Disk } from "./find.ts";
import { createLane } from "./lane.ts";
import { createListener } from "./listener.ts";
import { createWebhook, type Pace } from "./webhook.ts";

/** Tells handlers and webhooks of what happens. */
export type Announcer = AsyncDisposable & {
	/** In their order, after those of the call before. Neither waits nor throws: membership never does for a listener. */
	readonly announce: (happenings: readonly Happening[]) => void;
	/** Tells of one more, and to how many it was handed. */
	readonly hand: (happening: Happening) => Promise<Handed>;
	/** Of handlers and webhooks. They are no `problem` events: a handler that fails on those would never be done with it. */
	readonly problems: () => Promise<readonly Problem[]>;
};

export type AnnouncerParts = {
	/** The directory of handlers, and the milliseconds for a run of one. */
	readonly handlers: string;
	readonly handlerTimeout: number;
	/** URLs. */
	readonly webhooks: readonly string[];
	readonly webhookSecret: string | undefined;
	/** The proxy's own container, as far as it is known by now. */
	readonly proxy: () => ContainerRef;
	readonly clock: Pick<Clock, "now" | "wall">;
	readonly log: Log;
	readonly pace?: Pace;
	readonly disk?: Disk;
};

/** Announcements that wait until it is known who listens, which takes a look at a directory. */
const mostAtTheDoor = 10_000;

export function createAnnouncer(parts: AnnouncerParts): Announcer {
	const { proxy, clock, log } = parts;
	const crew = createCrew(parts.handlers, parts.handlerTimeout, log, parts.disk);
	const webhooks = parts.webhooks.map((url, index) => listenerAt(url, index, parts));
	const door = createLane(mostAtTheDoor);

	function announce(happenings: readonly Happening[]): void {
		for (const happening of happenings) {
			const handed = spread(happening);
			handed?.catch((thrown: unknown) => log.debug({ event: happening.event }, messageOf(thrown)));
			if (handed === undefined && door.dropped() === 1) log.warn(crowd(), crowd().message);
		}
	}

	async function hand(happening: Happening): Promise<Handed> {
		return (await spread(happening)) ?? { handlers: 0, webhooks: 0, dropped: 1 };
	}

	function crowd(): Problem {
		return crowdAt(parts.handlers, door.dropped());
	}

	function spread(happening: Happening): Promise<Handed> | undefined {
		const telling = { id: `evt_${randomUUID()}`, time: clock.wall(), proxy: proxy() };
		const announcement = announcementOf(happening, telling);
		return door.take(() => tellAll(announcement));
	}

	async function tellAll(announcement: Announcement): Promise<Handed> {
		const toWebhooks = webhooks.map((webhook) => webhook.tell(announcement));
		const toHandlers = await crew.tell(announcement);
		const dropped = [...toWebhooks, ...toHandlers].filter((told) => !told).length;
		return { handlers: count(toHandlers), webhooks: count(toWebhooks), dropped };
	}

	return {
		announce,
		hand,
		problems: async () => [
			...(door.dropped() > 0 ? [crowd()] : []),
			...(await crew.problems()),
			...webhooks.flatMap((webhook) => webhook.problems()),
		],
		[Symbol.asyncDispose]: async () => {
			// The door waits for whom the crew holds up, so both at once.
			await Promise.all([door, crew, ...webhooks].map((one) => one[Symbol.asyncDispose]()));
		},
	};
}

function listenerAt(url: string, index: number, { webhookSecret, clock, log, pace }: AnnouncerParts) {
	const name = `webhook ${index + 1} (${new URL(url).origin})`;
	const deliver = createWebhook({ name, url, secret: webhookSecret, clock, ...(pace && { pace }) });
	return createListener({ name, deliver, log });
}

function crowdAt(directory: string, dropped: number): Problem {
	return {
		code: "events-dropped",
		severity: "problem",
		subject: directory,
		message: `${dropped} event(s) were told to nobody: to see who listens takes too long`,
		hint: "keep the directory of handlers on a disk of this machine",
	};
}

function count(told: readonly boolean[]): number {
	return told.filter((one) => one).length;
}
