/** Where the images under test are: another checkout on the same engine has its own, as `scripts/images` made them. */
const namespace = process.env["IMAGES"] ?? "ballast";

export const images = {
	base: `${namespace}/base`,
	proxy: `${namespace}/proxy`,
	webapp: `${namespace}/webapp`,
	browser: `${namespace}/browser`,
	engine: `${namespace}/engine`,
	bench: `${namespace}/bench`,
	faketime: `${namespace}/faketime`,
	sshd: `${namespace}/sshd`,
} as const;
