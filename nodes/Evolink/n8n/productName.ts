/** The package's version; a test holds it against package.json, which is not there at run time. */
export const PACKAGE_VERSION = '0.1.0';

/** How the node introduces itself to every server. */
export const USER_AGENT = `n8n-nodes-evolink/${PACKAGE_VERSION}`;
