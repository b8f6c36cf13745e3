export { type LiveSettings, type LiveSettingsOptions, liveSettings } from "./live-settings.js";
export type { SettingsAnswer } from "./settings-answer.js";
export { type SettingsSource, type SettingsSourceOptions, settingsSource } from "./settings-source.js";
