/** The version that recordings, banners and the health check name. A test holds it to package.json. */
export const version = '0.1.0'
