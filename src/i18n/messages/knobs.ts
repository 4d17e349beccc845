export const knobs = { en: {}, zh: {} } as const;
