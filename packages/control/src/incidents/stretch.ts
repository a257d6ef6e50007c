/** Length of a stretch, in milliseconds. Four of trouble are measured before anything is done about it: short ones, so that it is soon. */
export const STRETCH_MS = 5_000;
