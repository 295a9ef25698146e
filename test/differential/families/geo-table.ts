/** Hand-picked programs about positions, one request a line; `table.ts` tells how they are written. */

const SICILY =
  'GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 13.583333 37.316667 Agrigento';

export const GEO_PROGRAMS: Readonly<Record<string, string>> = {
  'GEOADD, GEOPOS, GEODIST, GEOHASH': `
    ${SICILY}
    GEOADD g NX 1 1 Palermo 12.5 37.9 Trapani
    GEOADD g XX CH 12.6 37.9 Trapani 1 1 Nobody
    GEOADD g NX XX 1 1 a
    GEOADD g 180.1 1 a
    GEOADD g 1 86 a
    GEOADD g abc 1 a
    GEOADD g 1 abc a
    GEOADD g 1 1
    GEOADD g 1 1 a 2
    GEOADD g INCR 1 1 a
    GEOADD edge -180 -85.05112878 a 180 85.05112878 b 0 0 c
    GEOPOS edge a b c missing
    GEOHASH edge a b c missing
    ZRANGE edge 0 -1 WITHSCORES
    GEODIST g Palermo Catania
    GEODIST g Palermo Catania km
    GEODIST g Palermo Catania FT
    GEODIST g Palermo Catania cm
    GEODIST g Palermo missing
    GEODIST missing a b
    GEODIST g Palermo Palermo
    GEOPOS g
    GEOHASH g
    GEOPOS missing a b
    GEOHASH missing a b
    HELLO 3
    GEOPOS g Palermo missing
    GEODIST g Palermo Catania mi
  `,
  'GEOSEARCH and GEOSEARCHSTORE': `
    ${SICILY}
    GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC
    GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km DESC WITHCOORD WITHDIST WITHHASH
    GEOSEARCH g FROMMEMBER Palermo BYRADIUS 200 km ASC COUNT 2
    GEOSEARCH g FROMMEMBER Palermo BYRADIUS 200 km COUNT 1 ANY
    GEOSEARCH g FROMMEMBER missing BYRADIUS 200 km
    GEOSEARCH missing FROMMEMBER missing BYRADIUS 200 km
    GEOSEARCH g FROMMEMBER Palermo BYRADIUS 200 km ANY
    GEOSEARCH g FROMMEMBER Palermo BYRADIUS 200 km COUNT 0
    GEOSEARCH g FROMMEMBER Palermo BYRADIUS -1 km
    GEOSEARCH g FROMMEMBER Palermo BYRADIUS x km
    GEOSEARCH g FROMMEMBER Palermo BYRADIUS 1 cm
    GEOSEARCH g FROMMEMBER Palermo BYBOX -1 1 km
    GEOSEARCH g FROMMEMBER Palermo
    GEOSEARCH g BYRADIUS 1 km
    GEOSEARCH g FROMMEMBER Palermo FROMLONLAT 1 1 BYRADIUS 1 km
    GEOSEARCH g FROMMEMBER Palermo BYBOX 1 1 km BYRADIUS 1 km
    GEOSEARCH g FROMMEMBER Palermo BYRADIUS 1 km STOREDIST
    GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km
    ZRANGE d 0 -1 WITHSCORES
    GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km STOREDIST
    GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km WITHDIST
    GEOSEARCHSTORE d missing FROMLONLAT 15 37 BYRADIUS 200 km
    EXISTS d
  `,
  'GEORADIUS and its relatives': `
    ${SICILY}
    GEORADIUS g 15 37 200 km WITHDIST WITHCOORD WITHHASH ASC
    GEORADIUS g 15 37 200 km COUNT 1
    GEORADIUS g 15 37 200 km STORE d
    GEORADIUS g 15 37 200 km STOREDIST d
    GEORADIUS g 15 37 200 km STORE d WITHDIST
    GEORADIUS_RO g 15 37 200 km STORE d
    GEORADIUS_RO g 15 37 200 km DESC
    GEORADIUSBYMEMBER g Palermo 200 km ASC
    GEORADIUSBYMEMBER g missing 200 km
    GEORADIUSBYMEMBER_RO g Palermo 200 km DESC
    GEORADIUS missing 15 37 200 km STORE d
    GEORADIUS g 15 37 200
    GEORADIUS g x 37 200 km
    GEORADIUS g 15 37 -1 km
    COMMAND INFO geoadd geopos geodist geohash geosearch geosearchstore georadius georadius_ro georadiusbymember
    COMMAND GETKEYS GEORADIUS g 15 37 200 km STORE d
  `,
};
