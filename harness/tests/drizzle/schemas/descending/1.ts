import { pgSequence } from "drizzle-orm/pg-core";

export const s = pgSequence("s", { increment: -1 });
export const bounded = pgSequence("bounded", { increment: -2, minValue: -9, maxValue: 9, startWith: 3 });
