export const app = { en: {}, zh: {} } as const;
