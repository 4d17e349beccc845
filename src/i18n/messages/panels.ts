export const panels = { en: {}, zh: {} } as const;
