/** How long a job of these tests may take to its end, in milliseconds: many run at once, also on a small machine. */
export const jobMs = 240_000;
