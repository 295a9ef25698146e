/**
 * The Redis whose behaviour CrabKV shows, which clients ask for before they use a feature.
 */

export const REDIS_VERSION = '7.0.15';
