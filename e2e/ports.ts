/** Where the browser tests serve what they look at. TOKENYARD_E2E_PORT moves them, for two runs on one machine. */

/** Single panels, see e2e/pages. */
export const pagesPort = Number(process.env.TOKENYARD_E2E_PORT ?? 4178);
/** The built app. */
export const appPort = pagesPort + 1;
