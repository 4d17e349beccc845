export const problems = { en: {}, zh: {} } as const;
