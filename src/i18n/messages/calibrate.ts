export const calibrate = { en: {}, zh: {} } as const;
